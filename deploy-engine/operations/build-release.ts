import { join } from 'node:path'
import type { EntityManager } from 'typeorm'
import { botLabels } from '../container/labels.ts'
import { TbsError } from '../error.ts'
import { labelDockerfile } from '../image/label-dockerfile.ts'
import type { BuildPlan } from '../image/plan.ts'
import { BotSchema, botById } from '../records/bot.ts'
import { type Release, ReleaseSchema } from '../records/release.ts'
import { buildLog } from './build-log.ts'
import { expectedError, reasonOf } from './expected-error.ts'
import type { Source } from './fetch-source.ts'
import { type Run, step } from './journal.ts'

const LIMIT_MS = 20 * 60_000
const MEMORY_BYTES = 1536 * 1024 * 1024
const CPUS = 1.5

/** Builds the image and writes the release down in the transaction that ends the step. */
export const buildRelease = async (run: Run, source: Source, plan: BuildPlan): Promise<Release> => {
  let release: Release | undefined
  await step(run, {
    name: 'build',
    act: (say) => buildImage(run, { source, plan, say }),
    commit: async (entities, imageId) => {
      release = await insertRelease(run, entities, { source, plan, imageId })
    },
  })
  if (!release) throw new Error(`operation ${run.operation.id} ended its build without a release`)
  await nameImage(run, release)
  return release
}

type Build = { source: Source; plan: BuildPlan; say: (detail: string) => Promise<void> }

const buildImage = async (run: Run, { source, plan, say }: Build): Promise<string> => {
  const { engine, operation, bot } = run
  const context = join(source.directory, plan.context)
  const log = buildLog(run)
  const limit = AbortSignal.timeout(LIMIT_MS)
  const signal = AbortSignal.any([run.signal, limit])
  const tag = buildingTag(run)
  if (engine.running.building > 0) await say('waits for another build')
  const giveBack = await engine.running.takeBuildTurn(signal)
  try {
    await writeContext(run, context, plan)
    const files = await engine.files.list(context)
    const labels = { ...botLabels(engine.settings.instance, bot.name), 'tbs.operation': String(operation.id) }
    const caps = { memoryBytes: MEMORY_BYTES, cpus: CPUS }
    const how = { dockerfile: plan.dockerfilePath, args: plan.args, buildkit: plan.buildkit !== undefined }
    const request = { context, files, tag, labels, ...how, ...(plan.target && { target: plan.target }), ...caps }
    await engine.docker.build(request, log.line, signal)
    const image = await engine.docker.image(tag)
    if (!image) throw new Error(`the image ${tag} is not there after its build`)
    return image.id
  } catch (error) {
    run.signal.throwIfAborted()
    if (limit.aborted) throw new TbsError('build_timeout', 'The build took longer than 20 minutes', { cause: error })
    const expected = expectedError(error)
    // A Dockerfile that can't be parsed is refused before there is any output.
    if (expected?.code === 'docker_refused') throw new TbsError('build_failed', reasonOf(error), { cause: error })
    throw expected ?? error
  } finally {
    giveBack()
    await log.close()
  }
}

// Labels come after each FROM and never change from one build to the next, or the cache would be lost with them.
const writeContext = async ({ engine, bot }: Run, context: string, plan: BuildPlan): Promise<void> => {
  const labelled = labelDockerfile(plan.dockerfile, botLabels(engine.settings.instance, bot.name))
  await engine.files.writeText(join(context, plan.dockerfilePath), labelled)
  const ignoreFile = join(context, '.dockerignore')
  const ignore = plan.ignore ?? (await engine.files.readText(ignoreFile))
  // A Dockerfile that ignores itself would not reach the daemon.
  if (ignore !== undefined) await engine.files.writeText(ignoreFile, `${ignore}\n!${plan.dockerfilePath}\n`)
}

type Built = { source: Source; plan: BuildPlan; imageId: string }

const insertRelease = async (run: Run, entities: EntityManager, built: Built): Promise<Release> => {
  const { engine, bot, operation } = run
  const { source, plan } = built
  const number = (await botById(entities, bot.id)).lastRelease + 1
  await entities.update(BotSchema, { id: bot.id }, { lastRelease: number })
  return entities.save(ReleaseSchema, {
    botId: bot.id,
    number,
    sha: source.sha,
    ref: source.ref,
    subject: source.subject,
    image: `${repositoryOf(run)}:${number}-${source.sha.slice(0, 7)}`,
    imageId: built.imageId,
    plan: plan.release,
    state: 'built' as const,
    proof: 'none' as const,
    containerId: null,
    replaced: null,
    operationId: operation.id,
    createdAt: engine.clock.now(),
    activatedAt: null,
  })
}

const nameImage = async (run: Run, release: Release): Promise<void> => {
  const [repository = '', tag = ''] = release.image.split(':')
  await run.engine.docker.tag(release.imageId ?? '', repository, tag)
  await run.engine.docker.removeImage(buildingTag(run))
}

const repositoryOf = ({ engine, bot }: Run): string => `${engine.settings.instance}/${bot.name}`

const buildingTag = (run: Run): string => `${repositoryOf(run)}:building-${run.operation.id}`

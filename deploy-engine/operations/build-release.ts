import type { EntityManager } from 'typeorm'
import type { BuildPlan } from '../image/plan.ts'
import { BotSchema, botById } from '../records/bot.ts'
import { type Release, ReleaseSchema } from '../records/release.ts'
import { buildImage } from './build-image.ts'
import type { Source } from './fetch-source.ts'
import { type Run, step } from './journal.ts'

/** Builds the image and writes the release down in the transaction that ends the step. */
export const buildRelease = async (run: Run, source: Source, plan: BuildPlan): Promise<Release> => {
  let release: Release | undefined
  await step(run, {
    name: 'build',
    act: (say) => buildImage(run, { source, plan, tag: buildingTag(run), say }),
    commit: async (entities, imageId) => {
      release = await insertRelease(run, entities, { source, plan, imageId })
    },
  })
  if (!release) throw new Error(`operation ${run.operation.id} ended its build without a release`)
  await nameImage(run, release)
  return release
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
    env: null,
    state: 'built' as const,
    proof: 'none' as const,
    containerId: null,
    replaced: null,
    operationId: operation.id,
    createdAt: engine.clock.now(),
    activatedAt: null,
  })
}

// The name that it had while it was built goes when the operation tidies up.
const nameImage = async (run: Run, release: Release): Promise<void> => {
  const [repository = '', tag = ''] = release.image.split(':')
  await run.engine.docker.tag(release.imageId ?? '', repository, tag)
}

const repositoryOf = ({ engine, bot }: Run): string => `${engine.settings.instance}/${bot.name}`

const buildingTag = (run: Run): string => `${repositoryOf(run)}:building-${run.operation.id}`

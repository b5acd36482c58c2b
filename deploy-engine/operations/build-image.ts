import { join } from 'node:path'
import { botLabels } from '../container/labels.ts'
import { TbsError } from '../error.ts'
import { type BuildFailure, buildFailure, type FailedStep } from '../image/build-failure.ts'
import { sentPaths } from '../image/ignore-patterns.ts'
import { labelDockerfile } from '../image/label-dockerfile.ts'
import type { BuildPlan } from '../image/plan.ts'
import type { BuildRequest } from '../ports.ts'
import { limitsOf, withinLimits } from './build-limits.ts'
import { type BuildLog, buildLog } from './build-log.ts'
import { expectedError, reasonOf } from './expected-error.ts'
import type { Source } from './fetch-source.ts'
import type { Run } from './journal.ts'

/** A build that failed knows what it printed that matters. */
export class BuildError extends TbsError {
  readonly buildLines: string[]

  constructor({ message, hint, excerpt }: BuildFailure, cause?: unknown) {
    super('build_failed', message, { ...(hint && { hint }), cause })
    this.buildLines = excerpt
  }
}

type Build = { source: Source; plan: BuildPlan; tag: string; say: (detail: string) => Promise<void> }

/**
 * Builds when its turn has come and gives the image's id. Fails with `build_failed`, `build_timeout` or `no_memory`;
 * the containers and images of a failed build are removed by label, BuildKit's cache is Docker's to keep.
 */
export const buildImage = async (run: Run, build: Build): Promise<string> => {
  const { running, docker } = run.engine
  if (running.building > 0) await build.say('waits for another build')
  const giveBack = await running.takeBuildTurn(run.signal)
  const log = buildLog(run)
  try {
    const request = await requestOf(run, build)
    await withinLimits(run, { capped: !request.buildkit }, (signal) =>
      carryOut(run, { ...build, request, log }, signal),
    )
    const image = await docker.image(build.tag)
    if (!image) throw new Error(`the image ${build.tag} is not there after its build`)
    return image.id
  } finally {
    giveBack()
    await log.close()
  }
}

type Attempt = Build & { request: BuildRequest; log: BuildLog }

const carryOut = async (run: Run, { plan, request, log }: Attempt, signal: AbortSignal): Promise<void> => {
  const dockerfile = { path: plan.dockerfilePath, text: plan.dockerfile }
  const failure = (failed: Omit<FailedStep, 'dockerfile'>) =>
    withAlternative(buildFailure({ ...failed, dockerfile }), run, plan)
  try {
    const failed = await run.engine.docker.build(request, log.line, signal)
    if (failed) throw new BuildError(failure({ ...failed, lines: log.ofStep(failed.step) }))
  } catch (error) {
    if (signal.aborted) await lateImage(run, request.tag)
    signal.throwIfAborted()
    // The classic builder refuses a Dockerfile that can't be parsed before there is any output.
    if (expectedError(error)?.code !== 'docker_refused') throw error
    throw new BuildError(failure({ reason: reasonOf(error), step: '', lines: [] }), error)
  }
}

const LATE_LOOKS = 5
const LATE_MS = 100

// A builder that was at its last step when it was given up tags the image all the same. Whoever tidies up comes next.
const lateImage = async ({ engine: { docker, clock } }: Run, tag: string): Promise<void> => {
  for (let looks = 0; looks < LATE_LOOKS; looks++) {
    if (await docker.image(tag).catch(() => undefined)) return
    await clock.sleep(LATE_MS)
  }
}

// Own Dockerfiles rot: what would be built without this one is worth a try.
const withAlternative = (failure: BuildFailure, { bot }: Run, { alternative }: BuildPlan): BuildFailure => {
  if (alternative === undefined) return failure
  const other = `/set ${bot.name} dockerfile=ignored builds ${alternative} instead`
  return { ...failure, hint: failure.hint === undefined ? other : `${failure.hint}, or: ${other}` }
}

const requestOf = async (run: Run, { source, plan, tag }: Build): Promise<BuildRequest> => {
  const { engine, bot } = run
  const context = join(source.directory, plan.context)
  // Labels come after each FROM and never change from one build to the next, or the cache would be lost with them.
  // Given to the builder they would be one more layer, which takes longer than a small bot's whole build.
  const labels = botLabels(engine.settings.instance, bot.name)
  await engine.files.writeText(join(context, plan.dockerfilePath), labelDockerfile(plan.dockerfile, labels))
  const { memoryBytes, cpus } = limitsOf(engine)
  return {
    context,
    files: await filesToSend(run, context, plan),
    dockerfile: plan.dockerfilePath,
    tag,
    args: plan.args,
    ...(plan.target !== undefined && { target: plan.target }),
    buildkit: plan.buildkit !== undefined,
    memoryBytes,
    cpus,
  }
}

/** What .dockerignore leaves; a Dockerfile that ignores itself is sent all the same. */
const filesToSend = async ({ engine: { files } }: Run, context: string, plan: BuildPlan): Promise<string[]> => {
  const isSent = sentPaths(plan.ignore ?? (await files.readText(join(context, '.dockerignore'))) ?? '')
  return (await files.list(context)).filter((path) => path === plan.dockerfilePath || isSent(path))
}

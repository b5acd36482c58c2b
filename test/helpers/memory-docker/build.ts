import { join } from 'node:path'
import type { BuildRequest, DockerPort, FailedBuild, Labels } from '../../../deploy-engine/ports.ts'
import { BEHAVIOUR_FILE, type Behaviour } from './behaviour.ts'
import type { Call } from './call.ts'
import type { Daemon, MemoryImage } from './daemon.ts'
import { refuseBadReference } from './images.ts'
import { refused } from './refused.ts'

const BUILD_MS = 700
const HELD_MS = 300
const REASON = "The command '/bin/sh -c false' returned a non-zero code: 1"

/** `gone`: when the client goes away, its build is given up. */
export const buildPart = (call: Call, gone: AbortSignal): Pick<DockerPort, 'build'> => ({
  build: async (request, onLine, signal) => {
    await call(() => refuseBadReference(request.tag))
    const dockerfile = await call(({ files }) => files.readText(join(request.context, request.dockerfile)))
    const instructions = instructionsOf(dockerfile)
    const behaviour = await call((daemon) => behaviourOf(daemon, request))
    return call(async (daemon, lost): Promise<FailedBuild | undefined> => {
      const given = AbortSignal.any([signal, gone, lost])
      const layer = newImage(daemon, { behaviour, labels: labelsIn(instructions), ...configOf(instructions) })
      await daemon.clock.sleep(behaviour.buildMs ?? BUILD_MS, given).catch((error) => {
        layer.heldUntil = daemon.clock.now() + HELD_MS
        throw error
      })
      const steps = instructions.map((line, at) => `Step ${at + 1}/${instructions.length} : ${line}`)
      for (const step of steps) onLine({ text: step, stream: 'stdout', step })
      if (behaviour.build === 'fails') return { reason: REASON, step: steps.at(-1) ?? '' }
      for (const { tags } of daemon.images.values()) tags.delete(request.tag)
      layer.tags.add(request.tag)
      return undefined
    })
  },
})

const instructionsOf = (dockerfile: string | undefined): string[] => {
  if (dockerfile === undefined) throw refused(500, 'Cannot locate specified Dockerfile')
  const lines = dockerfile.split('\n').filter((line) => /^[A-Z]+ /.test(line))
  if (lines.length === 0) throw refused(400, 'the Dockerfile (Dockerfile) cannot be empty')
  return lines
}

const behaviourOf = async ({ files }: Daemon, { context }: BuildRequest): Promise<Behaviour> =>
  JSON.parse((await files.readText(join(context, BEHAVIOUR_FILE))) ?? '{}')

const newImage = (
  daemon: Daemon,
  config: Pick<MemoryImage, 'behaviour' | 'labels' | 'workdir' | 'user'>,
): MemoryImage => {
  const id = `sha256:${daemon.newId()}`
  const image = { id, tags: new Set<string>(), heldUntil: 0, ...config }
  daemon.images.set(id, image)
  return image
}

const labelsIn = (instructions: string[]): Labels =>
  Object.fromEntries(
    instructions
      .filter((line) => line.startsWith('LABEL '))
      .flatMap((line) => [...line.matchAll(/"?([\w.]+)"?="?([^"\s]*)"?/g)])
      .map(([, key = '', value = '']) => [key, value]),
  )

const configOf = (instructions: string[]): Pick<MemoryImage, 'workdir' | 'user'> => {
  const last = (name: string) => instructions.findLast((line) => line.startsWith(`${name} `))?.slice(name.length + 1)
  return { workdir: last('WORKDIR') ?? '/', user: last('USER') ?? '' }
}

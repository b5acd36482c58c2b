import type { HealthPlan, ReleasePlan } from '../records/release.ts'
import type { Manifest, ManifestFile } from '../source/manifest.ts'
import { commandOf } from './command-line.ts'
import { envDefaults, exampleLines } from './env-example.ts'
import type { ImagePlan } from './image-plan.ts'
import type { SourceTree } from './source-tree.ts'
import { guessTokenVariable } from './token-variable.ts'

/** What is known of a bot once it is decided how its image is made. */
export type Found = {
  /** The bot's own directory, and the whole repository. */
  app: SourceTree
  tree: SourceTree
  settings: ManifestFile
  image: ImagePlan
  tokenEnv: string | null
  evidence: readonly string[]
}

/** How the image is run and judged. */
export const releasePlan = ({ app, tree, settings, image, tokenEnv, evidence }: Found): ReleasePlan => {
  const { run, gate, health, hooks, backup } = settings.manifest
  const token = tokenVariable(app, settings, tokenEnv)
  const { [token.name]: _inCompose, ...composed } = image.env
  const given = [token.name, 'TELEGRAM_API_ROOT', ...Object.keys({ ...composed, ...run.env })]
  const defaults = envDefaults(exampleLines(app, tree), given)
  const { [token.name]: overruled, ...env } = run.env
  return {
    kind: image.kind,
    evidence: [
      ...evidence,
      ...image.evidence,
      token.evidence,
      ...defaults.evidence,
      ...(overruled === undefined
        ? []
        : [`${token.name} (${settings.at(`run.env.${token.name}`)}): the bot’s own token is used`]),
    ],
    tokenEnv: token.name,
    env: { ...defaults.env, ...composed, ...env },
    ...(image.command === undefined ? {} : { command: image.command }),
    volumes: image.volumes,
    ...(hooks.release === undefined ? {} : { releaseHook: commandOf(hooks.release) }),
    networks: run.networks,
    ports: run.ports,
    memoryBytes: run.memory,
    cpus: run.cpus,
    stopGraceSeconds: run.stop_grace,
    gate: {
      readySeconds: gate.ready,
      stableSeconds: gate.stable,
      ...(gate.command === undefined ? {} : { command: commandOf(gate.command) }),
    },
    ...healthOf(health),
    ...(backup.schedule !== undefined && { backup: { schedule: backup.schedule, keep: backup.keep } }),
  }
}

const healthOf = (health: Manifest['health']): { health?: HealthPlan } => {
  const everySeconds = health?.every ?? 0
  if (health?.http !== undefined) return { health: { http: health.http, everySeconds } }
  if (health?.command !== undefined) return { health: { command: commandOf(health.command), everySeconds } }
  return {}
}

const tokenVariable = (app: SourceTree, { manifest, at }: ManifestFile, chosen: string | null) => {
  const named = manifest.run.token_env
  if (named !== undefined) return { name: named, evidence: `token variable: ${named} (${at('run.token_env')})` }
  if (chosen !== null) return { name: chosen, evidence: `token variable: ${chosen}, as set for this bot` }
  return guessTokenVariable(app)
}

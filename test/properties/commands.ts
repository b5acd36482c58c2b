import fc from 'fast-check'
import type { StepName } from '../../deploy-engine/index.ts'
import { BEHAVIOUR_FILE, type Behaviour } from '../helpers/memory-docker/behaviour.ts'

/** What a version of the bot is like. */
export type Version = keyof typeof VERSIONS

/** Something that comes in between, while an operation is carried out. */
export type Meanwhile = {
  what: 'cancel' | 'kill' | 'stop' | 'restart docker' | 'deploy another'
  /** Counted from when the journal says that this step begins or ends. */
  step: StepName
  edge: 'before' | 'after'
  /** Calls of the manager to the world after that. */
  calls: number
}

/** `busy`: users write all the time. */
export type Command =
  | { do: 'deploy'; version: Version; busy: boolean; meanwhile?: Meanwhile }
  /** `to` picks one of the releases that there are; absent: `/rollback` without a number. */
  | { do: 'rollback'; to?: number; busy: boolean; meanwhile?: Meanwhile }
  | { do: 'restart' | 'stop' | 'run'; busy: boolean; meanwhile?: Meanwhile }
  | { do: 'talk' | 'wait' | 'kill' | 'restart docker' }

const LATE_MS = 2_000

export const VERSIONS = {
  good: { polls: true },
  'slow to stop': { polls: true, stopsInMs: 3_000 },
  'deaf to SIGTERM': { polls: true, stopsInMs: 'never' },
  'leaves data': { polls: true, writes: '/app/state.json' },
  'slow build': { polls: true, buildMs: 20_000 },
  'bad build': { build: 'fails' },
  crash: { exits: 1, exitsAfterMs: 50 },
  'late crash': { polls: true, exits: 1, exitsAfterMs: LATE_MS },
  deaf: {},
} as const satisfies Record<string, Behaviour>

/** Can this version be kept when nothing comes in between? A deaf one can, as unproven, while nobody writes to it. */
export const survives = (version: Version, hears: boolean): boolean =>
  !['bad build', 'crash', 'late crash'].includes(version) && !(version === 'deaf' && hears)

/** Files of a repository with this version; the gate is short, but longer than a late crash takes. */
export const sourceOf = (version: Version): Record<string, string> => ({
  'package.json': JSON.stringify({ name: 'fixture', private: true, scripts: { start: 'node bot.js' } }),
  'bot.js': '',
  'tbs.yaml': 'gate: { ready: 20s, stable: 3s }\nrun: { stop_grace: 5s }\n',
  [BEHAVIOUR_FILE]: JSON.stringify(VERSIONS[version]),
})

const version = fc.constantFrom(...(Object.keys(VERSIONS) as Version[]), 'good' as const, 'deaf' as const)

const BACKUP = ['measure', 'copy', 'pack'] as const
const STEPS = [
  'fetch',
  'detect',
  'build',
  ...BACKUP,
  'prepare',
  'stop',
  'start',
  'gate',
  'record',
  'undo',
  'prune',
] as const

const meanwhile = fc.record({
  what: fc.constantFrom<Meanwhile['what']>('cancel', 'kill', 'stop', 'restart docker', 'deploy another'),
  step: fc.constantFrom<StepName>(...STEPS),
  edge: fc.constantFrom<Meanwhile['edge']>('before', 'after'),
  calls: fc.nat({ max: 40 }),
})

const rarely = fc.option(meanwhile, { nil: undefined, freq: 2 })
const busy = fc.boolean()

// Without the keys that are undefined: what is printed of a failure is to be read.
const lean = <T extends object>(record: T): T =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T

const deploy = fc.record({ do: fc.constant('deploy' as const), version, busy, meanwhile: rarely }).map(lean)
const to = fc.option(fc.nat({ max: 9 }), { nil: undefined })
const rollback = fc.record({ do: fc.constant('rollback' as const), to, busy, meanwhile: rarely }).map(lean)
const again = fc.record({ do: fc.constantFrom('restart', 'stop', 'run'), busy, meanwhile: rarely }).map(lean)
const other = fc.record({ do: fc.constantFrom('wait', 'talk', 'kill', 'restart docker') })

// A failing sequence shrinks to one in which all that does not matter is a wait.
const command = fc.oneof(
  { withCrossShrink: true },
  { weight: 3, arbitrary: other },
  { weight: 5, arbitrary: again },
  { weight: 3, arbitrary: rollback },
  { weight: 8, arbitrary: deploy },
) as fc.Arbitrary<Command>

export const sequence: fc.Arbitrary<Command[]> = fc.array(command, { minLength: 8, maxLength: 12 })

/** Without what would hit others who use the same daemon. */
export const onOneDaemon = (commands: readonly Command[]): Command[] =>
  commands.map((command): Command => {
    if (command.do === 'restart docker') return { do: 'wait' }
    if (!('meanwhile' in command) || command.meanwhile?.what !== 'restart docker') return command
    const { meanwhile, ...rest } = command
    return rest
  })

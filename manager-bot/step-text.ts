import type { Operation, Step, StepName } from '../deploy-engine/index.ts'
import { duration } from './text/duration.ts'
import { type Line, line, prose } from './text/rich-text.ts'

type Kind = Operation['kind']

/** `over`: of the operation. Then the verdict says why a step failed, and one without an end was cut off. */
export const stepLines = (step: Step, { now, over, kind }: { now: number; over: boolean; kind: Kind }): Line[] => {
  const { name, state, startedAt, endedAt, detail } = step
  const mark = { started: over ? '✗' : '▸', done: '✓', failed: '✗' }[state]
  const ms = (endedAt ?? (over ? startedAt : now)) - startedAt
  const [first, ...more] = detail === null || (state !== 'done' && over) ? [] : detail.split('\n')
  return [
    line(
      `${mark} ${stepName(name, kind)}${ms < 100 ? '' : ` · ${duration(ms)}`}`,
      ...(first ? prose(` — ${cut(first)}`) : []),
    ),
    ...more.slice(0, MORE_LINES).map((text) => line(...prose(`– ${cut(text)}`))),
  ]
}

const stepName = (name: StepName, kind: Kind): string => OWN_STEPS[kind]?.[name] ?? STEPS[name]

const MORE_LINES = 8

/** Enough of a line to tell what it is. */
export const cut = (text: string): string => (text.length > 120 ? `${text.slice(0, 119)}…` : text)

const STEPS: Record<StepName, string> = {
  fetch: 'Fetch the source',
  detect: 'Find out how to build it',
  build: 'Build the image',
  prepare: 'Prepare the switch',
  stop: 'Stop the old version',
  snapshot: 'Copy its data',
  restore: 'Put the data back as it was',
  owner: 'Give the data to the new user',
  hook: 'Run the release hook',
  move: 'Move the data into a volume',
  start: 'Start the new version',
  gate: 'See it work',
  record: 'Record the release',
  read: 'Read and check the backup',
  unpack: 'Unpack its data into new volumes',
  undo: 'Put the old version back',
  remove: 'Remove what is its',
  prune: 'Clean up',
  measure: 'Measure the data',
  copy: 'Copy the data',
  pack: 'Pack and encrypt it',
}

/** Where there is no old version and no new one. */
const OWN_STEPS: Partial<Record<Kind, Partial<Record<StepName, string>>>> = {
  stop: { stop: 'Stop it' },
  remove: { stop: 'Stop it' },
  run: { prepare: 'Prepare the start', stop: 'Check that it is stopped', start: 'Start it' },
  restart: { prepare: 'Prepare the restart', stop: 'Stop it', start: 'Start it' },
}

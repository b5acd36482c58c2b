import type { Operation } from '../../deploy-engine/index.ts'
import { survives, type Version } from './commands.ts'

type Proof = 'live' | 'unproven'

/** What must be true of the bot, told from what was asked for and how it ended, without a look at Docker. */
export type Model = {
  active: { number: number; proof: Proof } | undefined
  /** By a person, so that it stays so. */
  stopped: boolean
  /** Where an unproven version goes back to by itself. */
  wayBack: number | undefined
  /** That was tried, and it did not work either. */
  triedInVain: boolean
  /** Of each release that was ever built. */
  versions: Map<number, Version>
}

export type Ended = {
  operation: Operation
  /** The release that it built or was to bring up; undefined: it did not get that far. */
  number: number | undefined
  /** undefined: there is none, as for a restart before the first deploy. */
  version: Version | undefined
  /** Updates came in for it. */
  hears: boolean
  /** Somebody or something came in between. */
  disturbed: boolean
}

export const newModel = (): Model => ({
  active: undefined,
  stopped: false,
  wayBack: undefined,
  triedInVain: false,
  versions: new Map(),
})

export const versionOf = (model: Model, number: number | undefined): Version | undefined =>
  number === undefined ? undefined : model.versions.get(number)

/** Moves on by one operation; gives what is wrong with the way it ended. */
export const moveOn = (model: Model, { operation, number, version, hears, disturbed }: Ended): string[] => {
  const { id, kind, state, outcome } = operation
  const mayBeKept = version !== undefined && survives(version, hears)
  if (number !== undefined && version !== undefined && kind === 'deploy') model.versions.set(number, version)
  if (outcome?.error?.code === 'internal') return [`#${id} ended by a bug: ${outcome.error.message}`]
  switch (state) {
    case 'queued':
    case 'running':
      return [`#${id} never ended: it is ${state}`]
    case 'succeeded':
      if (kind === 'stop') {
        model.stopped = true
        return []
      }
      if (number === undefined || !mayBeKept) return [`#${id} kept a version that is “${version}”`]
      activate(model, { number, proof: outcome?.proof ?? 'unproven' })
      return []
    case 'cancelled':
    case 'superseded':
      return disturbed ? [] : [`#${id} is ${state} by nobody`]
    case 'failed':
      if (!disturbed && (mayBeKept || kind === 'stop'))
        return [`#${id} refused “${version}”: ${outcome?.error?.message}`]
      if (kind === 'rollback' && operation.args.cause !== undefined) model.triedInVain = true
      return outcome?.error ? [] : [`#${id} does not say why it failed`]
  }
}

const activate = (model: Model, { number, proof }: { number: number; proof: Proof }): void => {
  const before = model.active
  model.active = { number, proof }
  model.stopped = false
  model.triedInVain = false
  if (proof === 'live') model.wayBack = undefined
  else if (before && before.number !== number) {
    const further = before.proof === 'live' || model.wayBack === number ? undefined : model.wayBack
    model.wayBack = further ?? before.number
  }
}

/** The watch has seen the active version take updates. */
export const proven = (model: Model): void => {
  if (model.active) model.active.proof = 'live'
  model.wayBack = undefined
}

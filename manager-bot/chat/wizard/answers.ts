import type { RepoReport } from '../../../deploy-engine/index.ts'
import type { RichText } from '../../text/rich-text.ts'

/** What is known of the new bot so far. */
export type Answers = {
  name?: string
  repo?: string
  ref?: string
  path?: string
  /** To read the repository with. */
  key?: { secret: string; shown: string }
  gitToken?: string
  ignoreDockerfile?: boolean
  report?: RepoReport
  account?: Account
  tokenEnv?: string
  /** Of variables, by name; an empty one is set to nothing. */
  values: Record<string, string>
  volumes: string[]
  /** Of config files, by path. */
  files: Record<string, string>
}

export type Account = { token: string; id: number; username: string; webhookHost?: string }

export type StepName =
  | 'name'
  | 'repo'
  | 'access'
  | 'key'
  | 'gittoken'
  | 'look'
  | 'folder'
  | 'problem'
  | 'build'
  | 'token'
  | 'tokenenv'
  | 'variables'
  | 'variable'
  | 'data'
  | 'config'
  | 'summary'
  | 'done'

/** A question; `index` where a step asks several, counted from 0. */
export type Spot = { step: StepName; index: number }

/** Where one person stands. */
export type Standing = {
  at: Spot
  /** The questions before this one, for Back. */
  trail: Spot[]
  answers: Answers
  /** Said above the question, once. */
  note: RichText
}

export const spot = (step: StepName, index = 0): Spot => ({ step, index })

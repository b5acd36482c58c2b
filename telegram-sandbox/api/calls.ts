import type { Params } from './params.ts'

/**
 * One call as it was asked and answered. `at` is in milliseconds, by the sandbox's clock. `status` is 0 while the call
 * waits for its answer, and stays 0 when it gets none. Uploads appear in `params` by file name and size.
 */
export type ApiCall = {
  bot: number
  method: string
  params: Record<string, unknown>
  at: number
  status: number
  errorDescription?: string
}

/** `listeners` hear of a call when it comes and again when it has its answer. */
export type CallLog = { calls: ApiCall[]; listeners: Set<(call: ApiCall) => void> }

const KEPT_CALLS = 10_000

export const logCall = (log: CallLog, call: Omit<ApiCall, 'status'>): ApiCall => {
  const entry = { ...call, status: 0 }
  log.calls.push(entry)
  if (log.calls.length > KEPT_CALLS) log.calls.splice(0, log.calls.length - KEPT_CALLS)
  tell(log, entry)
  return entry
}

export const logAnswer = (log: CallLog, entry: ApiCall, answer: Pick<ApiCall, 'status' | 'errorDescription'>) => {
  Object.assign(entry, answer)
  tell(log, entry)
}

export const paramsForLog = ({ values, uploads }: Params): Record<string, unknown> => {
  const sizes = Object.entries(uploads).map(([name, { file_name, content }]) => [
    name,
    { file_name, size: content.length },
  ])
  return { ...values, ...Object.fromEntries(sizes) }
}

const tell = ({ listeners }: CallLog, call: ApiCall) => {
  for (const listener of listeners) listener(call)
}

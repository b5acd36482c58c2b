import type { Clock } from './clock.ts'

/**
 * What goes wrong, for every method and bot or for the named ones. Without any of status, hang and reset, and without a
 * delay or a drip, it is status 500. Times are milliseconds by the sandbox's clock.
 */
export type FaultRule = {
  method?: string
  /** The id of the only bot that it concerns. */
  bot?: number
  status?: number
  /** Of the answer with that status; HTML is told as such. Default: an error in the Bot API's form. */
  body?: string
  /** Never answers: a half-open connection. */
  hang?: boolean
  /** Cuts the connection. */
  reset?: boolean
  /** Holds the answer back. */
  delay?: number
  /** The answer's body takes this long to come, byte by byte. */
  drip?: number
  /** The call is carried out first, and then its answer is lost. */
  after?: boolean
  /** Ends after being met so often. */
  times?: number
  /** Ends so long after it was made. */
  for?: number
}

/** A request that meets a rule; the server turns it into what the rule says. */
export class Fault extends Error {
  readonly rule: FaultRule

  constructor(rule: FaultRule) {
    super('injected fault')
    this.rule = rule
  }
}

export type Faults = { clock: Clock; rules: Set<FaultRule & { left: number; ends: number }> }
type Met = { method: string; bot: number }

/** The rule holds until it is undone, has been met `times` times, or its time is over. */
export const addFault = ({ clock, rules }: Faults, rule: FaultRule): (() => void) => {
  const ends = rule.for === undefined ? Number.POSITIVE_INFINITY : clock.now() + rule.for
  const counted = { ...rule, left: rule.times ?? Number.POSITIVE_INFINITY, ends }
  rules.add(counted)
  return () => rules.delete(counted)
}

/** The rule that this call meets, if any; that counts as one time. */
export const meetFault = ({ clock, rules }: Faults, met: Met): FaultRule | undefined => {
  for (const rule of rules) {
    if (rule.ends <= clock.now()) rules.delete(rule)
    else if (concerns(rule, met)) {
      rule.left -= 1
      if (rule.left <= 0) rules.delete(rule)
      return rule
    }
  }
  return undefined
}

export const concerns = (rule: FaultRule, { method, bot }: Met) =>
  (rule.method === undefined || rule.method.toLowerCase() === method.toLowerCase()) &&
  (rule.bot === undefined || rule.bot === bot)

/** Whether a call that meets the rule gets another answer than its own, or none. */
export const losesAnswer = ({ status, body, hang, reset, delay, drip, after }: FaultRule): boolean =>
  Boolean(status || body || hang || reset || after) || (delay === undefined && drip === undefined)

/** The answer of a rule with a status: its body, or one in the Bot API's form. */
export const faultResponse = ({ status = 500, body }: FaultRule): Response => {
  const text = body ?? JSON.stringify({ ok: false, error_code: status, description: `Injected fault ${status}` })
  const retryAfter = /"retry_after":\s*(\d+)/.exec(text)?.[1]
  const headers = {
    'content-type': text.trimStart().startsWith('<') ? 'text/html' : 'application/json',
    ...(retryAfter ? { 'retry-after': retryAfter } : {}),
  }
  return new Response(text, { status, headers })
}

/** The same answer, its body spread over so many milliseconds. */
export const dripping = async (response: Response, { after }: Clock, ms: number): Promise<Response> => {
  const bytes = new Uint8Array(await response.arrayBuffer())
  const pause = ms / Math.max(bytes.length, 1)
  const drops = [...bytes.keys()]
  let stop = () => {}
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) =>
      new Promise((resolve) => {
        stop = after(pause, () => {
          const next = drops.shift()
          if (next === undefined) controller.close()
          else controller.enqueue(bytes.subarray(next, next + 1))
          resolve()
        })
      }),
    cancel: () => stop(),
  })
  return new Response(body, { status: response.status, headers: response.headers })
}

/** What goes wrong: an HTTP answer, no answer at all, or a reset connection. Without `method`, for every method. */
export type FaultRule = {
  method?: string
  status?: number
  body?: string
  hang?: boolean
  reset?: boolean
  times?: number
}

/** A request that meets a rule; the server turns it into what the rule says. */
export class Fault extends Error {
  readonly rule: FaultRule

  constructor(rule: FaultRule) {
    super('injected fault')
    this.rule = rule
  }
}

export type Faults = { rules: Set<FaultRule & { left: number }> }

/** The rule holds until it is undone or has been met `times` times. */
export const addFault = (faults: Faults, rule: FaultRule): (() => void) => {
  const counted = { ...rule, left: rule.times ?? Number.POSITIVE_INFINITY }
  faults.rules.add(counted)
  return () => faults.rules.delete(counted)
}

/** Throws the fault that this call meets, if any. */
export const meetFaults = (faults: Faults, method: string) => {
  for (const rule of faults.rules) {
    if (!concerns(rule, method)) continue
    rule.left -= 1
    if (rule.left <= 0) faults.rules.delete(rule)
    throw new Fault(rule)
  }
}

export const concerns = (rule: FaultRule, method: string) =>
  rule.method === undefined || rule.method.toLowerCase() === method.toLowerCase()

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

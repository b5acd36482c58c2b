import type { Engine } from '../ports.ts'
import { ASK_SCRIPT } from './ask-script.ts'
import { probeLabels } from './labels.ts'
import { PROBE_IMAGE } from './probe.ts'

/** What a web server said, or why it said nothing. */
export type HttpAnswer = { status: number; body: string } | { problem: string }

export const HTTP_SECONDS = 5

/** Asks an address as the bot itself would, from a container beside it; undefined when that could not be done. */
export const askHttp = async (
  { docker, settings }: Engine,
  { bot, container, address }: { bot: string; container: string; address: string },
  signal: AbortSignal,
): Promise<HttpAnswer | undefined> => {
  const { hostname, port, pathname, search } = new URL(address)
  const host = hostname.replace(/^\[|\]$/g, '')
  const command = ['perl', '-e', ASK_SCRIPT, host, port || '80', `${pathname}${search}`, String(HTTP_SECONDS)]
  try {
    const request = { image: PROBE_IMAGE, command, labels: probeLabels(settings.instance, bot) }
    return readAnswer(await docker.runBeside(container, request, signal))
  } catch {
    // The container has just ended, or Docker is busy: that says nothing of the bot.
    signal.throwIfAborted()
    return undefined
  }
}

/** Reads what ASK_SCRIPT printed; undefined when that is not whole. */
export const readAnswer = (output: string): HttpAnswer | undefined => {
  const [, what, rest = ''] = /^(answer|unreachable|late)(?: (.*))?\n$/.exec(output) ?? []
  if (what === 'late') return { problem: `gave no answer within ${HTTP_SECONDS} s` }
  if (what === 'unreachable') return { problem: `can’t be reached: ${rest}` }
  if (what !== 'answer') return undefined
  const text = Buffer.from(rest, 'hex').toString('utf8')
  const [, status, body = ''] = /^HTTP\/\d(?:\.\d)? (\d{3})(?:[\s\S]*?\r?\n\r?\n([\s\S]*))?/.exec(text) ?? []
  return status === undefined ? { problem: 'answered something that is not HTTP' } : { status: Number(status), body }
}

import type { Sample } from './sample.ts'

/** What one look tells of whether a bot takes its updates, as a sentence; `ok` undefined: one look can't tell. */
export const pollingNow = (sample: Sample): { ok?: boolean; found: string } => {
  const { at, pending, webhook, network } = sample
  if (webhook) {
    const { lastErrorAt, lastError = 'an error' } = webhook
    if (lastErrorAt === undefined) return { ok: true, found: 'Telegram delivers to its webhook' }
    return { found: `Telegram could not deliver to its webhook ${minutesSince(lastErrorAt, at)}: ${lastError}` }
  }
  if (!network) return { found: 'its connections could not be seen' }
  const longest = Math.max(...network.open.map(({ ms }) => ms))
  if (network.open.length > 0 && pending === 0) {
    return { ok: true, found: `a request to the Bot API has been open for ${(longest / 1000).toFixed(1)} s` }
  }
  if (network.open.length > 0) return { found: 'a request to the Bot API is open' }
  if (network.asked.length > 0) return { found: 'it is connected to the Bot API, and no request is open' }
  return { ok: false, found: 'it has no connection to the Bot API' }
}

const minutesSince = (then: number, now: number): string => {
  const minutes = Math.max(0, Math.round((now - then) / 60_000))
  return minutes === 0 ? 'just now' : `${minutes} min ago`
}

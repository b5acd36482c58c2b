import { expect, test } from 'vitest'
import { pollingNow } from '../../../deploy-engine/container/polling-now.ts'
import type { Sample } from '../../../deploy-engine/container/sample.ts'

const AT = 1_000_000

const sample = (more: Partial<Sample>): Sample => ({
  at: AT,
  running: true,
  exitCode: 0,
  outOfMemory: false,
  restarts: 0,
  health: 'none',
  ...more,
})

const network = (open: number[], asked: string[] = []) => ({
  open: open.map((ms) => ({ request: String(ms), ms })),
  asked,
  listens: false,
})

test.each<[Partial<Sample>, { ok?: boolean; found: string }]>([
  [
    { pending: 0, network: network([1_000, 12_345]) },
    { ok: true, found: 'a request to the Bot API has been open for 12.3 s' },
  ],
  // While updates wait an open request is something else.
  [{ pending: 3, network: network([12_000]) }, { found: 'a request to the Bot API is open' }],
  [{ pending: 0, network: network([], ['a']) }, { found: 'it is connected to the Bot API, and no request is open' }],
  [
    { pending: 0, network: network([]) },
    { ok: false, found: 'it has no connection to the Bot API' },
  ],
  [{ pending: 0 }, { found: 'its connections could not be seen' }],
  [
    { pending: 0, webhook: { lastErrorAt: undefined }, network: network([]) },
    { ok: true, found: 'Telegram delivers to its webhook' },
  ],
  [
    { pending: 2, webhook: { lastErrorAt: AT - 5 * 60_000, lastError: 'Connection refused' } },
    { found: 'Telegram could not deliver to its webhook 5 min ago: Connection refused' },
  ],
])('%j', (seen, expected) => expect(pollingNow(sample(seen))).toEqual(expected))

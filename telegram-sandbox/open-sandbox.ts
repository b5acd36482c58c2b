import { carryOut, logged } from './api/carry-out.ts'
import { type Clock, realClock } from './api/clock.ts'
import { type Limits, newBudgets, setLimits } from './api/limits.ts'
import { listen, type Tls } from './api/listen.ts'
import { openPolls } from './api/polls.ts'
import { botApi } from './api/server.ts'
import { deliverWebhooks } from './api/webhooks.ts'
import { controlApi } from './control/http.ts'
import type { Parts, Sandbox } from './control/sandbox.ts'
import { sandboxOver } from './control/sandbox-over.ts'
import { emptyState } from './world/state.ts'
import { keepState, readState } from './world/state-file.ts'
import type { World } from './world/world.ts'

const LOOPBACK = '127.0.0.1'

export type SandboxOptions = {
  /** Default 0: any free port. The same port is used on every host of apiHosts. */
  apiPort?: number
  /** Default 127.0.0.1 alone. Containers need the Docker bridge's gateway address too. */
  apiHosts?: string[]
  /** Serves the API by HTTPS too, on a free port of the same hosts. */
  tls?: Tls
  /** Where the chat page and its control API are served, on 127.0.0.1 only. Not served when left out. */
  page?: { port: number }
  /** Keeps people, bots, chats, files and waiting updates. */
  stateFile?: string
  /** How much a bot may send to a chat, as by `sandbox.limit`. Default: no limits. */
  limits?: Limits
  /** Milliseconds since 1970. Default Date.now. */
  now?: () => number
  /** `now` and every wait of the sandbox's Telegram. Default: `now` and the machine's timers. */
  clock?: Clock
}

/** Opens a local Telegram. Rejects with code EADDRINUSE when one of its ports is taken. */
export const openSandbox = async (options: SandboxOptions = {}): Promise<Sandbox> => {
  const { apiPort = 0, apiHosts = ['127.0.0.1'], tls, page, stateFile } = options
  const closing = new AbortController()
  const closers: (() => Promise<void> | void)[] = [() => closing.abort()]
  const close = async () => {
    for (const end of closers) await end()
  }
  const parts = newParts(options, closing.signal)
  try {
    const api = await listen(botApi(parts).fetch, { hosts: apiHosts, port: apiPort })
    closers.push(api.close)
    const sandbox = sandboxOver(parts, { apiPort: api.port, apiRoot: `http://127.0.0.1:${api.port}`, close })
    if (tls) {
      const front = await listen(botApi(parts).fetch, { hosts: apiHosts, port: 0, tls })
      closers.push(front.close)
      sandbox.tlsPort = front.port
    }
    if (page) {
      const served = await listen(controlApi(parts.world, sandbox).fetch, { hosts: [LOOPBACK], port: page.port })
      closers.push(served.close)
      sandbox.pageUrl = `http://${LOOPBACK}:${served.port}/`
    }
    if (stateFile) closers.push(keepState(parts.world, stateFile))
    return sandbox
  } catch (error) {
    await close()
    throw error
  }
}

const newParts = ({ stateFile, limits, now = Date.now, ...given }: SandboxOptions, closing: AbortSignal): Parts => {
  const clock = given.clock ?? realClock(now, closing)
  const state = stateFile ? readState(stateFile) : emptyState()
  const world: World = { state, now: clock.now, random: Math.random, listeners: new Set() }
  const parts: Parts = {
    world,
    clock,
    polls: openPolls(world, clock.after),
    budgets: newBudgets(),
    faults: { clock, rules: new Set() },
    log: { calls: [], listeners: new Set() },
    closing,
  }
  setLimits(parts.budgets, limits)
  serveWebhooks(parts)
  return parts
}

const serveWebhooks = (parts: Parts): void => {
  const { world, clock, closing } = parts
  deliverWebhooks({
    world,
    clock,
    closing,
    carryOut: (bot, method, params) => {
      const request = { bot, method, params, gone: closing }
      logged(parts, request, () => carryOut(parts, request)).catch(() => {})
    },
  })
}

import { listen, type Tls } from './api/listen.ts'
import { type After, openPolls } from './api/polls.ts'
import { botApi } from './api/server.ts'
import { deliverWebhooks } from './api/webhooks.ts'
import { controlApi } from './control/http.ts'
import { type Parts, type Sandbox, sandboxOver } from './control/sandbox.ts'
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
  /** Milliseconds since 1970. Default Date.now. */
  now?: () => number
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

const newParts = ({ stateFile, now = Date.now }: SandboxOptions, closing: AbortSignal): Parts => {
  const state = stateFile ? readState(stateFile) : emptyState()
  const world: World = { state, now, random: Math.random, listeners: new Set() }
  const after = timersUntil(closing)
  deliverWebhooks(world, after, closing)
  return {
    world,
    polls: openPolls(world, after),
    faults: { rules: new Set() },
    log: { calls: [], listeners: new Set() },
    after,
    closing,
  }
}

/** What still waits when the sandbox closes is answered no more. */
const timersUntil = (closing: AbortSignal): After => {
  const running = new Set<NodeJS.Timeout>()
  closing.addEventListener('abort', () => {
    for (const timer of running) clearTimeout(timer)
  })
  return (ms, run) => {
    const timer = setTimeout(() => {
      running.delete(timer)
      run()
    }, ms)
    running.add(timer)
    return () => {
      clearTimeout(timer)
      running.delete(timer)
    }
  }
}

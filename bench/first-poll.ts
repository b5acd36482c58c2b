import type { Sandbox, SandboxBot } from '../telegram-sandbox/index.ts'

/** When the next getUpdates of this bot comes in, by performance.now(). */
export const firstPoll = (sandbox: Sandbox, bot: SandboxBot): Promise<number> =>
  new Promise((resolve) => {
    const stop = sandbox.onChange((event) => {
      if (event.type !== 'call' || event.call.status !== 0) return
      if (event.call.bot !== bot.id || event.call.method !== 'getUpdates') return
      stop()
      resolve(performance.now())
    })
  })

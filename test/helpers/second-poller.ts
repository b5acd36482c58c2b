import { setTimeout as sleep } from 'node:timers/promises'
import type { Sandbox, SandboxBot } from '../../telegram-sandbox/index.ts'

export type SecondPoller = {
  /** Texts that it was given and has confirmed, or may have. */
  taken: Set<string>
  stop(): Promise<void>
}

const BACK_OFF_MS = 1_000

type Answer = { ok: boolean; result?: { update_id: number; message?: { text: string } }[] }

/** Another program that polls with a bot's token, and goes on when it is refused. */
export const secondPoller = (sandbox: Sandbox, bot: SandboxBot): SecondPoller => {
  const taken = new Set<string>()
  const stop = new AbortController()
  const poll = async (): Promise<void> => {
    let offset = 0
    while (!stop.signal.aborted) {
      const query = `offset=${offset}&timeout=30`
      const answer = await fetch(`${sandbox.apiRoot}/bot${bot.token}/getUpdates?${query}`, { signal: stop.signal })
      const { ok, result }: Answer = JSON.parse(await answer.text())
      if (!ok) await sleep(BACK_OFF_MS, undefined, { signal: stop.signal })
      for (const { update_id, message } of result ?? []) {
        offset = update_id + 1
        if (message) taken.add(message.text)
      }
    }
  }
  const polling = poll().catch((error) => {
    if (!stop.signal.aborted) throw error
  })
  return {
    taken,
    stop: async () => {
      stop.abort()
      await polling
    },
  }
}

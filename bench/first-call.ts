import type { Sandbox, SandboxBot } from '../telegram-sandbox/index.ts'

/** When the next getUpdates of this bot comes in, by performance.now(). */
export const firstPoll = (sandbox: Sandbox, bot: Pick<SandboxBot, 'id'>): Promise<number> =>
  firstCall(sandbox, bot, ({ method }) => method === 'getUpdates')

/** When this bot's next message to somebody in private comes in, by performance.now(). */
export const firstWord = (sandbox: Sandbox, bot: SandboxBot, person: number): Promise<number> =>
  firstCall(sandbox, bot, ({ method, params }) => method === 'sendMessage' && Number(params.chat_id) === person)

type Call = Sandbox['calls'][number]

const firstCall = (sandbox: Sandbox, { id }: Pick<SandboxBot, 'id'>, isIt: (call: Call) => boolean): Promise<number> =>
  new Promise((resolve) => {
    const stop = sandbox.onChange((event) => {
      if (event.type !== 'call' || event.call.status !== 0) return
      if (event.call.bot !== id || !isIt(event.call)) return
      stop()
      resolve(performance.now())
    })
  })

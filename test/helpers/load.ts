import type { Sandbox, SandboxBot } from '../../telegram-sandbox/index.ts'

export type LoadResult = {
  sent: number
  /** Updates that nobody answered. */
  lost: number
  /** Answers beyond the first to one update. */
  repeated: number
  /** Polls of the bot refused with 409. */
  conflicts: number
  /** Longest time that a person waited for an answer, ms. */
  longestMs: number
  /** What the answers began with, in order, without repetition. */
  voices: string[]
}

export type Load = { stop(): Promise<LoadResult> }

const EVERY_MS = 50
const PATIENCE_MS = 30_000

/** A person who writes 20 messages a second to a bot and notes each answer. */
export const load = (sandbox: Sandbox, bot: SandboxBot, person: { id: number; name: string }): Load => {
  sandbox.addPerson(person)
  const sentAt = new Map<string, number>()
  const answeredAt = new Map<string, number[]>()
  const voices: string[] = []
  const conflictsBefore = sandbox.conflicts(bot.id)
  const stopListening = sandbox.onChange((event) => {
    if (event.type !== 'message' || event.chat !== bot.username || event.person !== person.id) return
    const { from, text } = event.message
    const [voice = '', number = ''] = text.split(': ')
    if (!from.is_bot || !sentAt.has(number)) return
    if (voices.at(-1) !== voice) voices.push(voice)
    answeredAt.set(number, [...(answeredAt.get(number) ?? []), Date.now()])
  })
  let count = 0
  const timer = setInterval(() => {
    const text = `n${count++}`
    sentAt.set(text, Date.now())
    sandbox.say(person.id, bot.username, text)
  }, EVERY_MS)

  return {
    stop: async () => {
      clearInterval(timer)
      await sandbox
        .waitFor(() => [...sentAt.keys()].every((text) => answeredAt.has(text)), { timeout: PATIENCE_MS })
        .catch(() => undefined)
      stopListening()
      const waits = [...sentAt].flatMap(([text, at]) => {
        const first = answeredAt.get(text)?.[0]
        return first === undefined ? [] : [first - at]
      })
      return {
        sent: sentAt.size,
        lost: [...sentAt.keys()].filter((text) => !answeredAt.has(text)).length,
        repeated: [...answeredAt.values()].reduce((sum, times) => sum + times.length - 1, 0),
        conflicts: sandbox.conflicts(bot.id) - conflictsBefore,
        longestMs: Math.max(0, ...waits),
        voices,
      }
    },
  }
}

import type { SandboxMessage } from '../../../telegram-sandbox/index.ts'
import { type ChatBench, MANAGER, OWNER } from './chat-bench.ts'

/** A person who answers the questions about a new bot. */
export type WizardBench = {
  /** Waits for the question with this in its first line, and with buttons. */
  question(title: string): Promise<SandboxMessage>
  /** Says something, and waits for the next question. */
  says(text: string, next: string): Promise<SandboxMessage>
  sends(file: { name: string; content: string | Uint8Array }, next: string): Promise<SandboxMessage>
  /** Presses a button of the question that is being asked, and waits for the next one. */
  presses(label: string, next: string): Promise<SandboxMessage>
  labels(question: SandboxMessage): string[]
  isDeleted(message: SandboxMessage): boolean
}

export const wizardBench = (bench: ChatBench): WizardBench => {
  const asked = (): SandboxMessage | undefined => bench.said().findLast(({ buttons }) => buttons.length > 0)
  const stamp = () => JSON.stringify(asked()?.buttons)
  const isTitle = (message: SandboxMessage | undefined, title: string) =>
    message !== undefined && (message.text.split('\n')[0] ?? '').includes(title)
  const after = (before: string | undefined, next: string) =>
    bench.sandbox.waitFor(
      () => {
        const now = asked()
        return stamp() !== before && isTitle(now, next) && now
      },
      { what: `the question ${next}`, timeout: 40_000 },
    )
  return {
    question: (title) => after(undefined, title),
    says: (text, next) => {
      const before = stamp()
      bench.says(text)
      return after(before, next)
    },
    sends: (file, next) => {
      const before = stamp()
      bench.sandbox.sendFile(OWNER, MANAGER, file)
      return after(before, next)
    },
    presses: async (label, next) => {
      const before = stamp()
      const question = asked()
      await bench.sandbox.press(OWNER, MANAGER, question?.message_id ?? 0, label)
      return after(before, next)
    },
    labels: ({ buttons }) => buttons.flat().map(({ text }) => text),
    isDeleted: ({ message_id }) => bench.chat().find((each) => each.message_id === message_id)?.deleted === true,
  }
}

import type { Sandbox, SandboxBot, SandboxMessage } from '../../telegram-sandbox/index.ts'

export type Reading = { timeout?: number; after?: SandboxMessage; person?: number }

type Chat = { sandbox: Sandbox; manager: SandboxBot; owner: number; printed?: () => string }

/**
 * The newest of the manager's messages to the owner (or `person`) that matches, also if it came to by an edit. If it
 * does not come, all that was said meanwhile is shown, and what the manager has printed.
 */
export const told = (
  { sandbox, manager, owner, printed = () => '' }: Chat,
  pattern: RegExp,
  { timeout = 90_000, after, person = owner }: Reading = {},
): Promise<SandboxMessage> => {
  const messages = () =>
    sandbox
      .conversation(manager.username, person)
      .filter(({ from, message_id }) => from.is_bot && message_id > (after?.message_id ?? 0))
  const what = () => [`a message like ${pattern}`, ...messages().map(({ text }) => text), printed()].join('\n')
  return sandbox.waitFor(() => messages().findLast(({ text }) => pattern.test(text)), { timeout, what })
}

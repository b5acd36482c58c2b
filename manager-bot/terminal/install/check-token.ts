import { messageOf, type Secret, TbsError } from '../../../deploy-engine/index.ts'

export type Account = { username: string | undefined; found: string }

const ANSWER_MS = 10_000

/**
 * Whose token it is. That Telegram can't be reached from here is no reason to stop: the server may reach it. Fails with
 * `token_refused`, before anything is changed.
 */
export const checkManagerToken = async (token: Secret, apiRoot: string, signal: AbortSignal): Promise<Account> => {
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])
    const response = await fetch(`${apiRoot}/bot${token.reveal()}/getMe`, { signal: within })
    if (response.status === 401 || response.status === 404) throw refused()
    const { result } = (await response.json()) as { result?: { username?: string } }
    if (result?.username === undefined) return unknown(`it answered ${response.status}`)
    return { username: result.username, found: `@${result.username}` }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof TbsError) throw error
    return unknown(whyNot(error))
  }
}

const unknown = (why: string): Account => ({
  username: undefined,
  found: `not checked, Telegram can't be asked from here: ${why}`,
})

const refused = (): TbsError =>
  new TbsError('token_refused', 'Telegram does not know this token', {
    hint: 'Nothing was changed. Ask @BotFather for it: /mybots, the bot, API Token',
  })

// The address has the token in it; what lies beneath names only the host.
const whyNot = (error: unknown): string =>
  error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : 'no answer'

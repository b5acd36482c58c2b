import { type HostPorts, type Seen, TbsError } from '../../deploy-engine/index.ts'
import type { Config } from '../config.ts'

/** Whether Telegram takes the manager's own token. */
export const lookAtToken = async ({ telegram }: HostPorts, { token }: Config, signal: AbortSignal): Promise<Seen> => {
  if (!token) return UNKNOWN
  try {
    const { username } = await telegram.getMe(token, signal)
    return { state: 'ok', found: `The manager is @${username}` }
  } catch (error) {
    if (!(error instanceof TbsError) || error.code !== 'token_refused') throw error
    return {
      state: 'bad',
      found: 'Telegram refuses the manager’s token',
      consequence: 'It hears nobody and can tell nobody of anything; your bots run on',
      fix: 'Get the current one from @BotFather, put it where the manager reads it, and start it again',
    }
  }
}

const UNKNOWN: Seen = {
  state: 'warn',
  found: 'The manager’s token is not known here',
  consequence: 'Neither it nor a webhook of its bot was checked',
  fix: 'Set TBS_TOKEN or TBS_TOKEN_FILE as the manager has them',
}

/** Whether a webhook keeps the manager from being asked for by itself. */
export const lookAtWebhook = async (
  { telegram }: HostPorts,
  { token }: Config,
  signal: AbortSignal,
): Promise<Seen | Seen[]> => {
  // Said already.
  if (!token) return []
  const { url, pending } = await telegram.webhookInfo(token, signal)
  if (url === '') return { state: 'ok', found: 'No webhook is set for the manager' }
  const waiting = pending === 0 ? '' : `; ${pending} messages wait`
  return {
    state: 'bad',
    found: `A webhook at ${URL.canParse(url) ? new URL(url).host : url} is set for the manager${waiting}`,
    consequence: 'Telegram sends there what people write to it',
    fix: 'Delete that webhook; what waits is kept, and the manager gets it',
    mend: (own) => telegram.removeWebhook(token, own),
  }
}

import type { Secret } from '../../../deploy-engine/index.ts'
import { readConfig } from '../../config.ts'
import type { Told } from '../step-screen.ts'
import type { Wellness } from './healthy.ts'
import type { Settings } from './installed-settings.ts'

export type Hello = {
  token: Secret
  settings: Settings
  username: string | undefined
  wellness: Wellness
  /** Whether this run has made the manager's container. */
  isNew: boolean
  signal: AbortSignal
}

const ANSWER_MS = 10_000

/** The link that makes its opener the owner; or, to an owner who is known already, the first message. */
export const sayHello = async (hello: Hello): Promise<Told<string | undefined>> => {
  const { wellness, username, settings, isNew } = hello
  if (wellness.link !== undefined) return told(wellness.link, 'open the link, it works once and for 24 hours')
  const chat = username === undefined ? undefined : `https://t.me/${username}`
  const owner = settings.TBS_OWNER_ID
  if (owner === undefined || !isNew) return told(chat, 'it has an owner')
  return (await send(hello, owner)) ? told(chat, `to ${owner}`) : told(chat, 'write to it first, then it may')
}

const told = (value: string | undefined, found: string): Told<string | undefined> => ({ value, found })

const TEXT = 'I am installed, and you own me. Add your first bot: /addbot. All commands: /help'

// A bot may not begin a conversation, so that this is refused as a rule, and no failure.
const send = async ({ token, settings, signal }: Hello, owner: string): Promise<boolean> => {
  const { apiRoot } = readConfig(settings)
  return fetch(`${apiRoot}/bot${token.reveal()}/sendMessage`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ chat_id: Number(owner), text: TEXT }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
  }).then(
    ({ ok }) => ok,
    () => false,
  )
}

import type { Secret } from '../../../deploy-engine/index.ts'
import type { Told } from '../step-screen.ts'
import type { KnownHosts } from './known-hosts.ts'
import { type LoggedIn, logIn } from './log-in.ts'
import type { MadeKey } from './made-key.ts'
import type { Question } from './question.ts'
import type { Target } from './target.ts'
import { thisMachine } from './this-machine.ts'
import type { Where } from './wanted.ts'

export type Connecting = { question: Question; known: KnownHosts; madeKey: MadeKey; signal: AbortSignal }

export type Connected = { target: Target; password: Secret | undefined; letInBy?: LoggedIn['letInBy'] }

/** This machine, or a server whose host key was pinned before, or is now. */
export const connect = async (
  where: Where,
  { question, known, madeKey, signal }: Connecting,
): Promise<Told<Connected>> => {
  const { server, fingerprint, passwords, agent, keyFile } = where
  if (!server) return { value: { target: thisMachine(signal), password: undefined }, found: 'this machine' }
  let shownKey: string | undefined
  const accept = async (shown: string): Promise<boolean> => {
    shownKey = shown
    if (fingerprint !== undefined) return shown === fingerprint
    return question.yes(`${server.host} was never seen. Its key is ${shown}. Is that right?`)
  }
  const mine = { agent, keyFile, madeKey: await madeKey.read(), password: passwords.ssh }
  const value = await logIn(server, { known, accept, signal, question, ...mine })
  const key = shownKey === undefined ? 'its key is as before' : `its key is pinned: ${shownKey}`
  return { value, found: `${value.target.name}, ${key}` }
}

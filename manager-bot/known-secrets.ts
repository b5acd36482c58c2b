import { Secret } from '../deploy-engine/index.ts'
import type { Config } from './config.ts'

/** Values that this process has had in its hands, and that its log must not have. */
export type KnownSecrets = { add(secret: Secret): void; all(): Iterable<Secret> }

export const knownSecrets = ({ token, redisUrl, heartbeatUrl }: Config): KnownSecrets => {
  const known = new Map<string, Secret>()
  const add = (secret: Secret) => void known.set(secret.reveal(), secret)
  if (token) add(token)
  if (redisUrl !== undefined) for (const secret of [new Secret(redisUrl), passwordIn(redisUrl)]) add(secret)
  if (heartbeatUrl) for (const secret of secretsInUrl(heartbeatUrl)) add(secret)
  return { add, all: () => known.values() }
}

const passwordIn = (url: string): Secret => new Secret(decodeURIComponent(new URL(url).password))

/** Of a URL that is called: such services have the secret in the path, in the query or as a login. */
export const secretsInUrl = (url: Secret): Secret[] => {
  const { pathname, search, username, password } = new URL(url.reveal())
  return [url, ...[`${pathname}${search}`, pathname, search, username, password].map((part) => new Secret(part))]
}

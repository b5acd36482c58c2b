import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { GitKey } from '../../ports.ts'
import { Secret } from '../../secret.ts'
import { type KeyPair, privateKeyFile, publicKeyLine } from '../../source/openssh-key.ts'

/** A new ed25519 pair, in the formats of OpenSSH. */
export const createSshKey = (): GitKey => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const { d = '', x = '' } = privateKey.export({ format: 'jwk' })
  const pair: KeyPair = { seed: Buffer.from(d, 'base64url'), point: Buffer.from(x, 'base64url') }
  const file = privateKeyFile(pair, randomBytes(4))
  return { privateKey: new Secret(file), publicKey: publicKeyLine(file) }
}

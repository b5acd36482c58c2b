/** An ed25519 pair: the 32 bytes of the private half and of the public one. */
export type KeyPair = { seed: Buffer; point: Buffer }

const MAGIC = Buffer.from('openssh-key-v1\0')
const TYPE = 'ssh-ed25519'
const COMMENT = 'tbs-manager'
const BLOCK = 8

/** The text of a private key file without passphrase, after OpenSSH's PROTOCOL.key; older ssh read no other format. */
export const privateKeyFile = ({ seed, point }: KeyPair, check: Buffer): string => {
  const open = Buffer.concat([check, check, text(TYPE), text(point), text(Buffer.concat([seed, point])), text(COMMENT)])
  const padding = Buffer.from(Array.from({ length: (BLOCK - (open.length % BLOCK)) % BLOCK }, (_, index) => index + 1))
  const one = Buffer.of(0, 0, 0, 1)
  const publicHalf = Buffer.concat([text(TYPE), text(point)])
  const all = [MAGIC, text('none'), text('none'), text(''), one, text(publicHalf), text(Buffer.concat([open, padding]))]
  const lines =
    Buffer.concat(all)
      .toString('base64')
      .match(/.{1,70}/g) ?? []
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n')
}

/** The line for a server's list of keys, out of a private key file that privateKeyFile made. */
export const publicKeyLine = (file: string): string => {
  const bytes = Buffer.from(file.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  let at = MAGIC.length
  const next = (): Buffer => {
    const length = bytes.readUInt32BE(at)
    at += 4 + length
    return bytes.subarray(at - length, at)
  }
  // Cipher, key derivation and its options; then the number of keys.
  for (let skipped = 0; skipped < 3; skipped++) next()
  at += 4
  return `${TYPE} ${next().toString('base64')} ${COMMENT}`
}

const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

import { createHash } from 'node:crypto'
import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** The host keys that were accepted once, a line each: host, port and fingerprint. */
export type KnownHosts = {
  file: string
  fingerprintOf(host: string, port: number): Promise<string | undefined>
  add(host: string, port: number, fingerprint: string): Promise<void>
}

export const knownHosts = (file: string): KnownHosts => ({
  file,
  fingerprintOf: async (host, port) => {
    const text = await readFile(file, 'utf8').catch(ignoreMissing)
    const found = (text ?? '').split('\n').findLast((line) => line.startsWith(`${host} ${port} `))
    return found?.split(' ')[2]
  },
  add: async (host, port, fingerprint) => {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await appendFile(file, `${host} ${port} ${fingerprint}\n`, { mode: 0o600 })
  },
})

/** As `ssh-keygen -l` shows it. */
export const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

const ignoreMissing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error
}

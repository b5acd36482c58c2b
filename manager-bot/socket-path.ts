import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// sun_path has 108 bytes with its closing NUL (unix(7)); a longer one is cut or refused, depending on the program.
const LONGEST = 107

/**
 * Where a socket of this data directory is: in it, or if that path is too long below the system's temporary directory,
 * under a name made from the instance and the data directory.
 */
export const socketPath = (name: string, { dataDir, instance }: { dataDir: string; instance: string }): string => {
  const path = join(dataDir, name)
  if (Buffer.byteLength(path) <= LONGEST) return path
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 12)
  const directory = join(tmpdir(), `${instance}-${hash}`)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  // Refuses, with EPERM, a directory that somebody else made to wait for us.
  chmodSync(directory, 0o700)
  return join(directory, name)
}

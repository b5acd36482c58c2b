import { createHash, randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname } from 'node:path'
import { TbsError } from '../error.ts'
import { createWhole } from './whole-file.ts'

export type MasterKey = { id: string; key: Buffer }

/**
 * The master keys in a file, one a line in hexadecimal, the one in use first: others are there while a change of keys
 * is under way. The file is read again when another process has replaced it.
 */
export type KeyFile = {
  keys(): readonly [MasterKey, ...MasterKey[]]
  /** Also those that were in it: what was read before they left it can still be opened. */
  everSeen(): readonly MasterKey[]
  /** A new one from now on; the others stay for what was encrypted with them. */
  add(): void
  /** Only the one in use stays. */
  dropOthers(): void
}

/** The file, mode 0600, is made when it is absent. Fails with `bad_key_file`. */
export const openKeyFile = async (path: string): Promise<KeyFile> => {
  if (!(await exists(path))) await createWhole(path, `${randomBytes(32).toString('hex')}\n`)
  let known: { face: string; keys: [MasterKey, ...MasterKey[]] } | undefined
  const seen = new Map<string, MasterKey>()
  // Synchronous, and at each use: who encrypts within a transaction must not take a key that is on its way out.
  const keys = () => {
    const face = faceOf(path)
    // A file that is gone takes nothing away from a process that has read it.
    if (known && (face === undefined || known.face === face)) return known.keys
    known = { face: face ?? '', keys: read(path) }
    for (const key of known.keys) seen.set(key.id, key)
    return known.keys
  }
  keys()
  return {
    keys,
    everSeen: () => {
      keys()
      return [...seen.values()]
    },
    add: () => replace(path, [randomBytes(32), ...keys().map(({ key }) => key)]),
    dropOthers: () => {
      if (keys().length > 1) replace(path, [keys()[0].key])
    },
  }
}

const faceOf = (path: string): string | undefined => {
  const found = statSync(path, { throwIfNoEntry: false })
  return found && `${found.ino} ${found.size} ${found.mtimeMs}`
}

const read = (path: string): [MasterKey, ...MasterKey[]] => {
  const lines = readFileSync(path, 'utf8').trim().split(/\s+/)
  const [first, ...others] = lines.map(keyOf)
  if (first && lines.every((text) => /^[0-9a-f]{64}$/.test(text))) return [first, ...others]
  throw new TbsError('bad_key_file', `${path} is not a master key: 64 hexadecimal digits are expected`, {
    hint: 'Put the right file there; without it stored tokens are lost',
  })
}

const keyOf = (text: string): MasterKey => {
  const key = Buffer.from(text, 'hex')
  return { key, id: createHash('sha256').update(key).digest('hex').slice(0, 8) }
}

const NEXT = '.next'

// Whole or not at all: it is on the disk before it takes the file's place, and so is that it has.
const replace = (path: string, keys: readonly Buffer[]): void => {
  const file = openSync(`${path}${NEXT}`, 'w', 0o600)
  writeSync(file, keys.map((key) => `${key.toString('hex')}\n`).join(''))
  fsyncSync(file)
  closeSync(file)
  renameSync(`${path}${NEXT}`, path)
  const directory = openSync(dirname(path), 'r')
  fsyncSync(directory)
  closeSync(directory)
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

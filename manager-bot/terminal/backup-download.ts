import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { Transform, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type BackupView, backupFile, TbsError } from '../../deploy-engine/index.ts'
import { BackupId } from '../commands/backupfile.ts'
import { auditedVerb } from './audited-verb.ts'

const STANDARD_OUTPUT = '-'

/** Copies the file of a backup out and checks it on the way; gives the exit code. */
export const downloadBackup = (id: string, output?: string): Promise<number> =>
  auditedVerb(wantedBy(id, output), {}, async ({ engine, signal, about }) => {
    const parsed = BackupId.safeParse(id)
    if (!parsed.success) throw new TbsError('bad_argument', parsed.error.issues[0]?.message ?? 'not valid')
    const backup = await backupFile(engine, parsed.data)
    about(backup.bot)
    if (output === STANDARD_OUTPUT) {
      refuseScreen(id)
      await copy(backup, process.stdout, signal)
      return 0
    }
    const file = resolve(output ?? basename(backup.path))
    await toFile(backup, file, signal)
    process.stdout.write(`${file}\n`)
    return 0
  })

const wantedBy = (backup: string, output?: string) => ({
  verb: 'backup download',
  words: { backup, ...(output !== undefined && { output }) },
})

const refuseScreen = (id: string): void => {
  if (!process.stdout.isTTY) return
  throw new TbsError('no_screen', 'A backup is nothing for a screen', {
    hint: `tbs-manager backup download ${id}, or with --output - into a pipe`,
  })
}

const toFile = async (backup: BackupView, file: string, signal: AbortSignal): Promise<void> => {
  const into = createWriteStream(file, { mode: 0o600, flags: 'wx', flush: true })
  let opened = false
  into.once('open', () => {
    opened = true
  })
  try {
    await copy(backup, into, signal)
  } catch (error) {
    if (opened) await rm(file, { force: true })
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new TbsError('file_exists', `${file} is there already`, { hint: 'Name another one with --output' })
    }
    throw error
  }
}

const copy = async ({ id, path, sha256, bytes }: BackupView, into: Writable, signal: AbortSignal): Promise<void> => {
  const hash = createHash('sha256')
  let seen = 0
  const check = new Transform({
    transform: (chunk: Buffer, _, done) => {
      hash.update(chunk)
      seen += chunk.length
      done(null, chunk)
    },
  })
  await pipeline(createReadStream(path), check, into, { signal })
  if (hash.digest('hex') === sha256 && seen === bytes) return
  throw new TbsError('backup_altered', `Backup ${id} is not what it was when it was made: ${path}`, {
    hint: 'Its disk may be failing. See tbs-manager backups for another one',
  })
}

import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Opens a backup with nothing but the tools age and tar; gives its manifest and a directory for each volume. */
export const openBackup = async (file: string, keyFile: string) => {
  const directory = await mkdtemp(join(tmpdir(), 'tbs-opened-'))
  const plain = join(directory, 'plain.tar.gz')
  await run('age', ['--decrypt', '--identity', keyFile, '--output', plain, file])
  await run('tar', ['-xzf', plain, '-C', directory])
  const manifest = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8'))
  const secrets = JSON.parse(await readFile(join(directory, 'secrets.json'), 'utf8').catch(() => '{}'))
  const volumes: string[] = []
  for (const { name } of manifest.volumes ?? []) {
    const into = join(directory, name.replace('.tar', ''))
    await mkdir(into)
    await run('tar', ['-xf', join(directory, name), '-C', into])
    volumes.push(into)
  }
  return { directory, manifest, secrets, volumes }
}

/** What SQLite's own tool says. */
export const askSqlite = async (database: string, query: string): Promise<string> =>
  (await run('sqlite3', [database, query])).stdout.trim()

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { newIdentity } from '../deploy-engine/archive/age.ts'
import { readArchive } from '../deploy-engine/archive/read-archive.ts'
import { writeArchive } from '../deploy-engine/archive/write-archive.ts'
import { ABOUT } from '../test/helpers/about-backup.ts'
import { inPairs, type Pair } from './pairs.ts'

const run = promisify(execFile)
const MIB = 1024 * 1024
const ROUNDS = 3
const LOOK_MS = 20

type Memory = { before: number; most: number }
export type Archiving = { mb: number; writes: Pair[]; reads: Pair[]; sizes: Pair; memory: Memory; stalls: number[] }

/**
 * Packing 1 GB of data into a sealed file, and reading all of it again, beside what `tar | gzip` takes for the same
 * files. `memory`: of this process, in MB. `stalls`: the longest times for which it did nothing else, ms.
 */
export const archiving = async (mb = 1024): Promise<Archiving> => {
  const directory = await mkdtemp(join(tmpdir(), 'tbs-bench-'))
  try {
    const [data, spool, file, plain] = ['data', 'spool.tar', 'backup.age', 'plain.tar.gz'].map((name) =>
      join(directory, name),
    ) as [string, string, string, string]
    await writeRows(data, mb)
    await run('tar', ['-cf', spool, '-C', data, '.'])
    const { identity, recipient } = await newIdentity()
    const signal = new AbortController().signal
    const watched = watch()
    const writes = await inPairs(ROUNDS, {
      ours: () =>
        timed(() =>
          writeArchive(
            file,
            { about: ABOUT, secrets: {}, volumes: [{ path: '/app/data', tar: spool }] },
            { recipients: [recipient], signal },
          ),
        ),
      floor: () => timed(() => run('sh', ['-c', 'tar -cf - -C "$0" . | gzip > "$1" && sync "$1"', data, plain])),
    })
    const reads = await inPairs(ROUNDS, {
      ours: () =>
        timed(() => readArchive(file, { identities: [identity], signal, maxBytes: Number.POSITIVE_INFINITY })),
      floor: () => timed(() => run('sh', ['-c', 'gunzip < "$0" | tar -tf - > /dev/null', plain])),
    })
    const sizes = { ours: (await stat(file)).size / MIB, floor: (await stat(plain)).size / MIB }
    return { mb, writes, reads, sizes, ...watched() }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Like a table of messages: numbers, words that come again, and ids that do not. */
const writeRows = async (directory: string, mb: number): Promise<void> => {
  await mkdir(directory)
  const file = await open(join(directory, 'rows.sqlite'), 'w')
  let rows = 0
  for (let written = 0; written < mb * MIB; ) {
    const lines: string[] = []
    for (let line = 0; line < 8_000; line++) {
      const id = createHash('sha256').update(String(rows++)).digest('base64')
      lines.push(`${rows}|user${rows % 997}|hello, this is message ${rows} of many|${id}`)
    }
    const { bytesWritten } = await file.write(lines.join('\n'))
    written += bytesWritten
  }
  await file.close()
}

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

const watch = () => {
  const memory = { before: residentMb(), most: 0 }
  const stalls: number[] = []
  let last = performance.now()
  const timer = setInterval(() => {
    memory.most = Math.max(memory.most, residentMb())
    stalls.push(performance.now() - last - LOOK_MS)
    last = performance.now()
  }, LOOK_MS)
  return () => {
    clearInterval(timer)
    return { memory, stalls: stalls.sort((one, other) => other - one).slice(0, 3) }
  }
}

const residentMb = (): number => process.memoryUsage().rss / MIB

import { inMegabytes, inMirror, type Mirror, tooLarge } from './mirror.ts'

/** One entry of a commit. `path` begins at its root. */
export type Entry = { path: string; kind: 'file' | 'link' | 'submodule'; sha: string; bytes: number }

/** What a checkout has taken so far, over all its submodules. */
export type Taken = { files: number; bytes: number; submodules: number }

/** Everything in a commit, before any of it is written: a few hundred bytes of git can unfold to a full disk. */
export const entriesOf = async (mirror: Mirror, sha: string, taken: Taken): Promise<Entry[]> => {
  const entries: Entry[] = []
  let rest = ''
  await inMirror(mirror, ['ls-tree', '-r', '-l', '-z', '--full-tree', sha], {
    onOutput: (chunk) => {
      const lines = (rest + chunk.toString('latin1')).split('\0')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const entry = parsed(line)
        count(entry, { mirror, taken })
        entries.push(entry)
      }
    },
  })
  return entries
}

const parsed = (line: string): Entry => {
  const [, mode = '', sha = '', bytes = '', path = ''] = /^(\d+) \w+ ([0-9a-f]+) +(\d+|-)\t(.*)$/s.exec(line) ?? []
  const kind = mode === '160000' ? 'submodule' : mode === '120000' ? 'link' : 'file'
  // Read as bytes, since a character may lie across two chunks.
  return { path: Buffer.from(path, 'latin1').toString('utf8'), kind, sha, bytes: Number(bytes) || 0 }
}

const count = ({ kind, bytes }: Entry, { mirror, taken }: { mirror: Mirror; taken: Taken }): void => {
  const { limits } = mirror
  taken.files += 1
  taken.bytes += bytes
  if (kind === 'submodule') taken.submodules += 1
  if (taken.bytes > limits.bytes) throw tooLarge(mirror, `has more than ${inMegabytes(limits.bytes)} of files`)
  if (taken.files > limits.files) throw tooLarge(mirror, `has more than ${limits.files.toLocaleString('en')} files`)
  if (taken.submodules > limits.submodules) throw tooLarge(mirror, `has more than ${limits.submodules} submodules`)
}

import type { FilesPort } from '../../ports.ts'
import type { Check, Seen } from './examine.ts'

type Wanted = { path: string; mode: number }

/** That nobody else on the host can look into what is private; what is not there is none of its business. */
export const privateFiles = (
  name: string,
  files: Pick<FilesPort, 'stateOf' | 'setMode'>,
  wanted: readonly Wanted[],
): Check => ({
  name,
  look: async () => {
    const seen: Seen[] = []
    const there: string[] = []
    for (const { path, mode } of wanted) {
      const found = await files.stateOf(path)
      if (!found) continue
      there.push(path)
      if ((found.mode & OTHERS) === 0) continue
      seen.push({
        state: 'bad',
        about: path,
        found: `${path} has mode ${octal(found.mode)}`,
        consequence: 'Other users of this server can read what is in it',
        fix: `Set the mode of ${path} to ${octal(mode)}`,
        mend: () => files.setMode(path, mode),
      })
    }
    if (seen.length > 0) return seen
    if (there.length > 0) return { state: 'ok', found: `Only their owner can read ${there.join(', ')}` }
    return { state: 'ok', found: `Not there: ${wanted.map(({ path }) => path).join(', ')}` }
  },
})

const OTHERS = 0o077

const octal = (mode: number): string => mode.toString(8).padStart(4, '0')

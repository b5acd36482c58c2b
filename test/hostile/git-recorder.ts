import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export type GitRecorder = {
  /** Arguments of each time that git was run since the last look. */
  look(): Promise<string[][]>
  restore(): void
}

/**
 * A program named git, first in PATH, that writes its arguments down. It knows every ref that it is asked for, and has
 * none when it comes to fetching; what stays on this machine is done by the real one.
 */
export const recordGit = async (directory: string): Promise<GitRecorder> => {
  const bin = join(directory, 'bin')
  const log = join(directory, 'git-arguments')
  const path = process.env.PATH ?? ''
  await mkdir(bin, { recursive: true })
  await writeFile(log, '')
  const script = `#!/bin/sh
{ for one do printf '%s\\0' "$one"; done; printf '\\001\\0'; } >> '${log}'
for verb do
  case $verb in
    ls-remote)
      shift $(($# > 3 ? 3 : $#))
      for ref do printf '%s\\t%s\\n' ${'a'.repeat(40)} "$ref"; done
      exit 0 ;;
    fetch) echo "fatal: couldn't find remote ref" >&2; exit 128 ;;
  esac
done
PATH='${path}' exec git "$@"
`
  await writeFile(join(bin, 'git'), script)
  await chmod(join(bin, 'git'), 0o755)
  process.env.PATH = `${bin}:${path}`
  let seen = 0
  return {
    look: async () => {
      const all = await readFile(log, 'utf8')
      const calls = all.slice(seen).split('\u0001\0').slice(0, -1)
      seen = all.length
      return calls.map((call) => call.split('\0').slice(0, -1))
    },
    restore: () => {
      process.env.PATH = path
    },
  }
}

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import ssh2 from 'ssh2'
import { must, script, type Target } from './target.ts'

/** A key of ours for SSH, beside the pinned host keys: for whoever had none and logged in by a password. */
export type MadeKey = {
  read(): Promise<Buffer | undefined>
  /** Its public half as a line; the key is made if there is none. */
  make(): Promise<string>
}

export const madeKeyIn = (directory: string): MadeKey => {
  const file = join(directory, 'id_ed25519')
  const read = () => readFile(file).catch(ignoreMissing)
  return {
    read,
    make: async () => {
      if (!(await read())) {
        await mkdir(dirname(file), { recursive: true, mode: 0o700 })
        const { private: key } = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'tbs-manager' })
        await writeFile(file, key, { mode: 0o600, flag: 'wx' })
      }
      const key = ssh2.utils.parseKey(await readFile(file))
      if (key instanceof Error) throw key
      return `${key.type} ${key.getPublicSSH().toString('base64')} tbs-manager`
    },
  }
}

/** Lets it in as the user who logged in; true: it was not there. */
export const deliverKey = async (target: Target, line: string): Promise<boolean> =>
  (await must(target, script(DELIVER, line))).trim() === 'delivered'

const DELIVER = `
  umask 077
  file=$HOME/.ssh/authorized_keys
  if grep -qxF -- "$1" "$file" 2>/dev/null; then exit 0; fi
  mkdir -p "$HOME/.ssh"
  # Its last line may have no end.
  if [ -s "$file" ] && [ -n "$(tail -c 1 "$file")" ]; then echo >>"$file"; fi
  printf '%s\\n' "$1" >>"$file" && echo delivered`

const ignoreMissing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error
}

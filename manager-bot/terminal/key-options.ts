import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { Secret, TbsError } from '../../deploy-engine/index.ts'

export type KeyOptions = { keyFile?: string; json?: true }

/** The key from a file or standard input: it is never a word of the command. Fails with `unreadable`. */
export const keyOf = async ({ keyFile }: KeyOptions): Promise<Secret | undefined> => {
  if (keyFile === undefined) return undefined
  const content = keyFile === '-' ? await text(process.stdin) : await readKeyFile(keyFile)
  // The tool `age` writes comments into its key files.
  const line = content.split('\n').find((one) => one.trim() !== '' && !one.startsWith('#'))
  return new Secret(line?.trim() ?? '')
}

const readKeyFile = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((cause: Error) => {
    throw new TbsError('unreadable', `The key file can’t be read: ${cause.message}`, {
      hint: 'Look at its path',
      cause,
    })
  })

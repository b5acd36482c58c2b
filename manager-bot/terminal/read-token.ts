import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import type { ReadStream, WriteStream } from 'node:tty'
import { Secret, TbsError } from '../../deploy-engine/index.ts'
import type { Command } from '../command.ts'

const LONGEST = 40_000

/** A token from standard input: typed without being shown, or the whole of what is piped in. Fails with `no_token`. */
export const readToken = async (
  { name, token = 'bot' }: Pick<Command, 'name' | 'token'>,
  input: ReadStream,
  prompt: WriteStream,
): Promise<Secret> => {
  const text = input.isTTY ? await typed(input, prompt, PROMPTS[token]) : await piped(input)
  if (text.trim() !== '') return new Secret(text.trim())
  throw new TbsError('no_token', 'No token came on standard input', {
    hint: `Type it when asked, or pipe it in: tbs-manager ${name} … < token-file`,
  })
}

const PROMPTS = { bot: 'Token from @BotFather', git: 'Access token of the git server', value: 'Value' }

const typed = (input: ReadStream, prompt: WriteStream, question: string): Promise<string> =>
  new Promise((resolve, reject) => {
    prompt.write(`${question} (not shown): `)
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
    const lines = createInterface({ input, output: nowhere, terminal: true })
    const end = () => {
      lines.close()
      prompt.write('\n')
    }
    lines.once('line', (text) => {
      end()
      resolve(text)
    })
    lines.once('SIGINT', () => {
      end()
      reject(new TbsError('no_token', 'No token was typed'))
    })
  })

const piped = async (input: ReadStream): Promise<string> => {
  let text = ''
  for await (const chunk of input) {
    text += String(chunk)
    if (text.length > LONGEST) break
  }
  return text
}

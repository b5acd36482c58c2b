import { randomUUID } from 'node:crypto'
import { execInBot, TbsError } from '../../deploy-engine/index.ts'
import { auditedVerb } from './audited-verb.ts'

export type ExecOptions = { terminal?: true }

/** Runs a command in a bot's container with this process' input and output, and gives its exit code. */
export const exec = (bot: string, command: string[], options: ExecOptions): Promise<number> =>
  auditedVerb({ verb: 'exec', bot, words: { command: command.join(' ') } }, {}, async ({ engine, signal }) => {
    const { stdin, stdout, stderr } = process
    const terminal = options.terminal && sizeHere()
    const request = { command, key: randomUUID(), streams: { stdin, stdout, stderr }, ...(terminal && { terminal }) }
    // There each key goes to the program, also Ctrl-C.
    if (terminal) stdin.setRawMode(true)
    try {
      return await execInBot(engine, bot, request, signal)
    } finally {
      if (terminal) stdin.setRawMode(false)
      stdin.destroy()
    }
  })

const sizeHere = () => {
  const { stdin, stdout } = process
  if (stdin.isTTY && stdout.isTTY) return { columns: stdout.columns, rows: stdout.rows }
  throw new TbsError('no_terminal', 'There is no terminal here that could be handed on', {
    hint:
      'Without -t its input and output are streamed. From elsewhere, on the server: ' +
      'ssh -t user@server docker exec -it tbs-manager tbs-manager exec <bot> -t -- sh',
  })
}

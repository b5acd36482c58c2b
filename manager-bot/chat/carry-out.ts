import { answer } from '../answer.ts'
import { auditFailure } from '../audited.ts'
import type { Command, Input } from '../command.ts'
import { contextOf, type Door, sayReply } from './door.ts'
import type { Known } from './message.ts'
import { inOneTransaction } from './one-transaction.ts'
import { awaitToken } from './token.ts'
import { typing } from './typing.ts'

/** Carries out what was typed or pressed, and says what came of it. Fails with TbsError like the command. */
export const carryOut = async (door: Door, said: Known, wanted: Wanted): Promise<void> => {
  try {
    await (wanted.command.onlyDatabase
      ? inOneTransaction(door, (inside) => doAndSay(inside, said, wanted))
      : doAndSay(door, said, wanted))
  } catch (error) {
    // Cut off by the end of the process: the next one does it again.
    if (!door.speaking.signal.aborted) await auditFailure(wanted.command, wanted.input, contextOf(door, said), error)
    throw error
  }
}

type Wanted = { command: Command; input: Input; confirmed?: true }

const doAndSay = async (door: Door, said: Known, { command, input, confirmed }: Wanted): Promise<void> => {
  const context = { ...contextOf(door, said), ...(confirmed && { confirmed }) }
  const { asks, ...reply } = await typing(door, said, answer(command, input, context))
  if (asks) await awaitToken(door, said, { command: command.name, input })
  await sayReply(door, said, reply)
}

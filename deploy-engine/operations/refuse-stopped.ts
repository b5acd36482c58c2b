import { TbsError } from '../error.ts'
import type { Run } from './journal.ts'

/** What the manager asks for of its own accord is not done any more once a person has stopped the bot. */
export const refuseStopped = ({ bot: { name, stoppedAt }, operation }: Run): void => {
  if (operation.args.cause === undefined || stoppedAt === null) return
  throw new TbsError('bot_stopped', `${name} was stopped meanwhile`, { hint: `Start it with /run ${name}` })
}

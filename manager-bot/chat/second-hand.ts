import type { Message } from 'telegraf/types'
import { line } from '../text/rich-text.ts'
import type { Door } from './door.ts'
import { secondHandCommand } from './message.ts'
import { personById } from './records/person.ts'
import { say } from './say.ts'

/** Commands that were edited or forwarded are not run; who is known learns that, at most once a minute. */
export const refuseSecondHand = async (door: Door, message: Message, updateId: number): Promise<void> => {
  const said = secondHandCommand(message)
  if (!said || !(await personById(door.engine.database.read, said.personId))) return
  if (!door.seldom(`second hand ${said.personId}`)) return
  await say(door, { ...said, updateId }, { text: [line(NOTICE)] })
}

const NOTICE = 'I don’t act on edited or forwarded messages; send it again'

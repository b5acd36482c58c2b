import { line } from '../text/rich-text.ts'
import type { Door } from './door.ts'
import type { Incoming } from './message.ts'
import { boundPlaceOf } from './records/bound-place.ts'
import { say } from './say.ts'

/** Whether commands are taken in this place: in private chats, and where an owner said /here. */
export const isTakenHere = async (
  { engine }: Pick<Door, 'engine'>,
  { isPrivate, place }: Pick<Incoming, 'isPrivate' | 'place'>,
): Promise<boolean> =>
  isPrivate || (await boundPlaceOf(engine.database.read, place.chatId, place.threadId)) !== undefined

/** At most once a minute in a chat. */
export const askForHere = async (door: Door, said: Incoming): Promise<void> => {
  if (door.seldom(`here ${said.place.chatId}`)) await say(door, said, { text: [line(ASK_FOR_HERE)] })
}

export const ASK_FOR_HERE = 'I take commands here after an owner says /here'

import type { Message } from 'telegraf/types'
import { TbsError } from '../../deploy-engine/index.ts'
import { closest } from '../text/closest.ts'
import { line } from '../text/rich-text.ts'
import { inputOf, splitWords } from '../words.ts'
import { accessOf } from './access.ts'
import { carryOut } from './carry-out.ts'
import { type Door, sayError } from './door.ts'
import { hearInvitation } from './invite.ts'
import { type Incoming, incoming, type Known, type Typed, typedCommand } from './message.ts'
import { cameTooLate } from './not-run.ts'
import { SLOW_DOWN } from './rate-limit.ts'
import { moveChat } from './records/move-chat.ts'
import { say } from './say.ts'
import { refuseSecondHand } from './second-hand.ts'
import { askForHere, isTakenHere } from './taken-here.ts'
import { hearToken } from './token.ts'
import { hearWizard } from './wizard/hear.ts'

/** From a message to what it makes happen: who is it, which command, with which words; then run and reply. */
export const dispatch = async (door: Door, message: Message, updateId: number): Promise<void> => {
  if ('migrate_to_chat_id' in message) return follow(door, message.chat.id, message.migrate_to_chat_id)
  const heard = incoming(message)
  if (!heard) return refuseSecondHand(door, message, updateId)
  const said = { ...heard, updateId }
  const typed = typedCommand(said.text)
  if (await hearInvitation(door, said, typed)) return
  const access = await accessOf(door.engine, said.personId)
  const isForUs = typed ? isAddressed(door, said, typed) : said.isPrivate
  if (access) await hear(door, { ...said, access }, { message, typed, isForUs })
  else if (isForUs) door.strangers.count(said.personId)
}

type Heard = { message: Message; typed: Typed | undefined; isForUs: boolean }

const hear = async (door: Door, said: Known, { message, typed, isForUs }: Heard): Promise<void> => {
  const isNew = !door.again.has(said.updateId ?? 0)
  const room = isForUs && isNew ? door.rateLimit(said.personId) : 'go'
  if (room === 'told') await say(door, said, { text: [line(SLOW_DOWN)] })
  if (room !== 'go') return
  try {
    if (said.isPrivate) door.menus.seen(said.place.chatId)
    await door.keepName(said)
    if ((await hearWizard(door, said, typed)) || (await hearToken(door, said, typed))) return
    if (typed && isForUs) await obey(door, said, { message, typed })
    else if (said.isPrivate && !typed) await say(door, said, { text: [line('I understand commands: /help')] })
  } catch (error) {
    await sayError(door, said, error)
  }
}

/** In a group a command without a name behind it may be another bot's. */
const isAddressed = ({ commands, username }: Door, { isPrivate }: Incoming, { command, addressee }: Typed): boolean =>
  addressee === undefined
    ? isPrivate || commands.some(({ name }) => name === command)
    : addressee.toLowerCase() === username.toLowerCase()

const obey = async (door: Door, said: Known, heard: { message: Message; typed: Typed }): Promise<void> => {
  const { message, typed } = heard
  const isHere = typed.command === HERE || (await isTakenHere(door, said))
  if (!isHere) return askForHere(door, said)
  if (await cameTooLate(door.engine, message, said.updateId ?? 0)) return door.notRun.add(said)
  await run(door, said, typed)
}

const HERE = 'here'

const run = async (door: Door, said: Known, { command: name, rest }: Typed): Promise<void> => {
  const wanted = door.commands.find((other) => other.name === name)
  if (!wanted) throw unknown(door, name)
  const input = inputOf(wanted, splitWords(rest), door.verbs)
  await carryOut(door, said, { command: wanted, input })
}

/** A group became a supergroup. */
const follow = async ({ engine, outbox }: Door, from: number, to: number): Promise<void> => {
  await engine.database.transaction((entities) => moveChat(entities, from, to))
  outbox.wake(to)
}

const unknown = ({ commands }: Door, name: string): TbsError => {
  const guess = closest(
    name,
    commands.map((command) => command.name),
  )
  const hint = guess ? `Did you mean /${guess}?` : 'All commands: /help'
  return new TbsError('unknown_command', `There is no /${name}`, { hint })
}

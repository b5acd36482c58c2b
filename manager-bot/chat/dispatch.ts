import type { Message } from 'telegraf/types'
import { TbsError } from '../../deploy-engine/index.ts'
import { answer } from '../answer.ts'
import type { Reply } from '../command.ts'
import { closest } from '../text/closest.ts'
import { bold, command, line } from '../text/rich-text.ts'
import { inputOf, splitWords } from '../words.ts'
import { claim } from './claim.ts'
import { contextOf, type Door, sayError, sayReply } from './door.ts'
import { setOwnersMenu } from './menu.ts'
import { type Incoming, incoming, type Typed, typedCommand } from './message.ts'
import { personById } from './records/person.ts'
import { say } from './say.ts'
import { awaitToken, hearToken } from './token.ts'

/** From a message to what it makes happen: who is it, which command, with which words; then run and reply. */
export const dispatch = async (door: Door, message: Message): Promise<void> => {
  const said = incoming(message)
  if (!said) return
  const typed = typedCommand(said.text)
  const person = await personById(door.engine.database.read, said.personId)
  if (!person) return meetStranger(door, said, typed)
  try {
    if (await hearToken(door, said, typed)) return
    if (typed) await carryOut(door, said, typed)
    else if (said.isPrivate) await say(door.speaking, said.place, { text: [line('I understand commands: /help')] })
  } catch (error) {
    await sayError(door, said, error)
  }
}

const meetStranger = async (door: Door, said: Incoming, typed: Typed | undefined): Promise<void> => {
  const { engine, speaking } = door
  if (typed?.command === 'start' && typed.rest && said.isPrivate && (await claim(engine, said, typed.rest.trim()))) {
    speaking.log.info({ person: said.personId }, 'this installation has an owner now')
    await say(speaking, said.place, WELCOME)
    const { api, signal } = speaking
    await setOwnersMenu(api, { chatId: said.place.chatId, commands: door.commands, signal })
    return
  }
  door.countStranger(said.personId)
}

const WELCOME: Reply = {
  text: [
    line(bold('You own this manager now.'), ' Nobody else can use it.'),
    line('Add your first bot: ', command('addbot <name> <repo>')),
    line('All commands: ', command('help')),
  ],
}

const carryOut = async (door: Door, said: Incoming, { command: name, addressee, rest }: Typed): Promise<void> => {
  if (addressee && addressee.toLowerCase() !== door.username.toLowerCase()) return
  const wanted = door.commands.find((other) => other.name === name)
  if (!wanted) {
    // In a group it may be another bot's command.
    if (said.isPrivate || addressee) throw unknown(door, name)
    return
  }
  const input = inputOf(wanted, splitWords(rest), door.verbs)
  const { asks, ...reply } = await answer(wanted, input, contextOf(door, said))
  if (asks) await awaitToken(door, said, { command: wanted.name, input })
  await sayReply(door, said, reply)
}

const unknown = ({ commands }: Door, name: string): TbsError => {
  const guess = closest(
    name,
    commands.map((command) => command.name),
  )
  const hint = guess ? `Did you mean /${guess}?` : 'All commands: /help'
  return new TbsError('unknown_command', `There is no /${name}`, { hint })
}

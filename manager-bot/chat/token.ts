import { Secret, TbsError } from '../../deploy-engine/index.ts'
import { answer } from '../answer.ts'
import type { Input } from '../command.ts'
import { type Block, line, command as typedText } from '../text/rich-text.ts'
import { contextOf, type Door, sayError } from './door.ts'
import type { Incoming, Typed } from './message.ts'
import { type Awaited, awaitedIn, clearAwaited, setAwaited } from './records/awaited.ts'
import { say } from './say.ts'

const WAIT_MS = 10 * 60 * 1000
const TOKEN = /(?<!\d)\d{6,16}:[A-Za-z0-9_-]{30,60}(?![\w-])/
const ALMOST = /\d{5,}:\S{8,}/

/** The next token that this person sends here belongs to this command. Fails with `private_only`. */
export const awaitToken = async (
  { engine }: Door,
  { isPrivate, place, personId }: Incoming,
  { command, input }: { command: string; input: Input },
): Promise<void> => {
  if (!isPrivate) {
    throw new TbsError('private_only', `/${command} needs a token, which nobody else may read`, {
      hint: 'Send me the same command in our private chat',
    })
  }
  const expiresAt = engine.clock.now() + WAIT_MS
  await engine.database.transaction((entities) =>
    setAwaited(entities, { chatId: place.chatId, personId, command, input, expiresAt }),
  )
}

/** Takes tokens out of the chat, wherever they turn up, and uses the one that is awaited. false: not about a token. */
export const hearToken = async (door: Door, said: Incoming, typed: Typed | undefined): Promise<boolean> => {
  const { engine } = door
  const token = TOKEN.exec(said.text)?.[0]
  const whose = { chatId: said.place.chatId, personId: said.personId }
  const awaited = said.isPrivate ? await awaitedIn(engine.database.read, whose, engine.clock.now()) : undefined
  if (token === undefined && (typed || !awaited)) return false
  const deleted = token !== undefined || ALMOST.test(said.text) ? await deleteMessage(door, said) : undefined
  const notes = deleted === false ? [line('I could not delete your message: please delete it yourself.')] : []
  if (token === undefined) await say(door.speaking, said.place, { text: [line(NOT_A_TOKEN), goOn(), ...notes] })
  else if (!awaited || typed) await say(door.speaking, said.place, { text: [line(UNASKED), ...notes] })
  else await use(door, said, { awaited, token, notes })
  return true
}

const NOT_A_TOKEN = 'That is not a bot token. It looks like 123456789:AAExampleOfThirtyFiveCharacters.'
const UNASKED =
  'That message held a bot token, so I took it out of the chat and did not use it. I ask for one after /addbot.'

const goOn = (): Block => line('I go on waiting for the token; ', typedText('cancel'), ' ends it.')

const use = async (
  door: Door,
  said: Incoming,
  { awaited, token, notes }: { awaited: Awaited; token: string; notes: Block[] },
): Promise<void> => {
  const command = door.commands.find(({ name }) => name === awaited.command)
  if (!command) throw new Error(`no command ${awaited.command} to give a token to`)
  try {
    const reply = await answer(command, awaited.input, { ...contextOf(door, said), token: new Secret(token) })
    await forget(door, awaited)
    await say(door.speaking, said.place, { ...reply, text: [...reply.text, ...notes] })
  } catch (error) {
    if (!(error instanceof TbsError) || NOT_ABOUT_THE_TOKEN.has(error.code)) {
      await forget(door, awaited)
      return sayError(door, said, error)
    }
    const hint = error.hint === undefined ? [] : [line(error.hint)]
    await say(door.speaking, said.place, { text: [line(error.message), ...hint, goOn(), ...notes] })
  }
}

// Another token would not help.
const NOT_ABOUT_THE_TOKEN = new Set(['name_taken', 'protocol_refused'])

const forget = ({ engine }: Door, awaited: Awaited): Promise<void> =>
  engine.database.transaction((entities) => clearAwaited(entities, awaited))

const deleteMessage = async ({ speaking }: Door, { place, messageId }: Incoming): Promise<boolean> => {
  const { api, signal, log } = speaking
  try {
    await api.call('deleteMessage', { chat_id: place.chatId, message_id: messageId }, { signal })
    return true
  } catch (error) {
    log.warn({ chat: place.chatId, err: error }, 'a message with a token could not be deleted')
    return false
  }
}

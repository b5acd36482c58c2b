import { Secret, TbsError } from '../../deploy-engine/index.ts'
import { answer } from '../answer.ts'
import { type AskedToken, type Input, parametersOf } from '../command.ts'
import { type Block, line, command as typedText } from '../text/rich-text.ts'
import { splitWords } from '../words.ts'
import { contextOf, type Door, sayError } from './door.ts'
import type { Incoming, Typed } from './message.ts'
import { type Awaited, awaitedIn, clearAwaited, setAwaited } from './records/awaited.ts'
import { say } from './say.ts'
import { TOKENS } from './token-kinds.ts'

const WAIT_MS = 10 * 60 * 1000

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
  const whose = { chatId: said.place.chatId, personId: said.personId }
  const awaited = said.isPrivate ? await awaitedIn(engine.database.read, whose, engine.clock.now()) : undefined
  const kind = awaited && !typed ? askedBy(door, awaited.command) : undefined
  const shown = shownToken(said.text) ?? surplusToken(door, typed)
  if (!shown && !kind) return false
  const token = kind && TOKENS[kind].find(said.text)
  const suspect = shown ?? (kind && TOKENS[kind].almost.test(said.text))
  const deleted = token !== undefined || suspect ? await deleteMessage(door, said) : undefined
  const notes = deleted === false ? [line('I could not delete your message: please delete it yourself.')] : []
  if (awaited && token !== undefined) await use(door, said, { awaited, token, notes })
  else if (kind) await say(door.speaking, said.place, { text: [line(TOKENS[kind].refusal), goOn(), ...notes] })
  else if (shown) await say(door.speaking, said.place, { text: [line(TOKENS[shown].unasked), ...notes] })
  return true
}

const askedBy = ({ commands }: Door, name: string): AskedToken =>
  commands.find((command) => command.name === name)?.token ?? 'bot'

/** A token that is one by its looks, whoever it was meant for. */
const shownToken = (text: string): AskedToken | undefined => {
  if (TOKENS.bot.shape.test(text)) return 'bot'
  return TOKENS.git.shape.test(text) ? 'git' : undefined
}

// Tokens of many git servers look like nothing in particular: one word too many is taken for one.
const surplusToken = ({ commands }: Door, typed: Typed | undefined): AskedToken | undefined => {
  const command = commands.find(({ name }) => name === typed?.command)
  if (!typed || command?.token !== 'git') return undefined
  return splitWords(typed.rest).length > parametersOf(command).positional.length ? 'git' : undefined
}

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
const NOT_ABOUT_THE_TOKEN = new Set([
  'name_taken',
  'protocol_refused',
  'unknown_bot',
  'not_https',
  'repo_changed',
  'fetch_failed',
  'fetch_stalled',
  'fetch_timeout',
])

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

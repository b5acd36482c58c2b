import { isSecretSetting, Secret, TbsError } from '../../deploy-engine/index.ts'
import { answer } from '../answer.ts'
import { auditFailure } from '../audited.ts'
import { type AskedToken, type Input, parametersOf } from '../command.ts'
import { type Block, line, command as typedText } from '../text/rich-text.ts'
import { splitWords } from '../words.ts'
import { deleteMessage } from './delete-message.ts'
import { contextOf, type Door, sayError, sayReply } from './door.ts'
import type { Incoming, Known, Typed } from './message.ts'
import { inOneTransaction } from './one-transaction.ts'
import { type Awaited, awaitedIn, clearAwaited, setAwaited } from './records/awaited.ts'
import { say } from './say.ts'
import { TOKENS } from './token-kinds.ts'

const WAIT_MS = 10 * 60 * 1000

/** The next token that this person sends here belongs to this command. Fails with `private_only`. */
export const awaitToken = async (
  { engine, commands }: Door,
  { isPrivate, place, personId }: Incoming,
  { command, input }: { command: string; input: Input },
): Promise<void> => {
  if (!isPrivate) {
    const what = askedBy(commands, command) === 'value' ? 'a value' : 'a token'
    throw new TbsError('private_only', `/${command} needs ${what}, which nobody else may read`, {
      hint: 'Send me the same command in our private chat',
    })
  }
  const expiresAt = engine.clock.now() + WAIT_MS
  await engine.database.transaction((entities) =>
    setAwaited(entities, { chatId: place.chatId, personId, command, input, expiresAt }),
  )
}

/** Takes tokens out of the chat, wherever they turn up, and uses the one that is awaited. false: not about a token. */
export const hearToken = async (door: Door, said: Known, typed: Typed | undefined): Promise<boolean> => {
  const { engine } = door
  const whose = { chatId: said.place.chatId, personId: said.personId }
  const awaited = said.isPrivate ? await awaitedIn(engine.database.read, whose, engine.clock.now()) : undefined
  const kind = awaited && !typed ? askedBy(door.commands, awaited.command) : undefined
  const shown = shownToken(said.text) ?? surplusToken(door, typed) ?? secretSetting(typed)
  if (!shown && !kind) return false
  const token = kind && TOKENS[kind].find(said.text)
  const suspect = shown ?? (kind && TOKENS[kind].almost.test(said.text))
  const notes = token !== undefined || suspect ? await deleteMessage(door.speaking, said) : []
  if (awaited && token !== undefined) await use(door, said, { awaited, token, notes })
  else if (kind) await say(door, said, { text: [line(TOKENS[kind].refusal), goOn(), ...notes] })
  else if (shown) await say(door, said, { text: [line(TOKENS[shown].unasked), ...notes] })
  return true
}

const askedBy = (commands: Door['commands'], name: string): AskedToken =>
  commands.find((command) => command.name === name)?.token ?? 'bot'

/** A token that is one by its looks, whoever it was meant for. */
const shownToken = (text: string): AskedToken | undefined => {
  if (TOKENS.bot.shape.test(text)) return 'bot'
  return TOKENS.git.shape.test(text) ? 'git' : undefined
}

// Values, and tokens of many git servers, look like nothing in particular: one word too many is taken for one.
const surplusToken = ({ commands }: Door, typed: Typed | undefined): AskedToken | undefined => {
  const command = commands.find(({ name }) => name === typed?.command)
  const asked = command?.token
  if (!typed || !command || (asked !== 'git' && asked !== 'value')) return undefined
  const { positional, options } = parametersOf(command)
  const words = splitWords(typed.rest).filter((word) => !options.some(({ name }) => OPTION.exec(word)?.[1] === name))
  return words.length > positional.length ? asked : undefined
}

/** `/env my-bot PASSWORD=…`: a setting would be there for others to read. */
const secretSetting = (typed: Typed | undefined): AskedToken | undefined => {
  const [, name = '', value = ''] = (typed?.command === 'env' && /(\w+)=(.*)$/s.exec(typed.rest)) || []
  return value !== '' && isSecretSetting(name, value) ? 'value' : undefined
}

const OPTION = /^(?:--|—|–)([a-z][a-z-]*)$/

const goOn = (): Block => line('I go on waiting for the token; ', typedText('cancel'), ' ends it.')

const use = async (
  door: Door,
  said: Known,
  { awaited, token, notes }: { awaited: Awaited; token: string; notes: Block[] },
): Promise<void> => {
  const command = door.commands.find(({ name }) => name === awaited.command)
  if (!command) throw new Error(`no command ${awaited.command} to give a token to`)
  try {
    const reply = await answer(command, awaited.input, { ...contextOf(door, said), token: new Secret(token) })
    await inOneTransaction(door, async (inside) => {
      await forget(inside, awaited)
      await sayReply(inside, said, { ...reply, text: [...reply.text, ...notes] })
    })
  } catch (error) {
    if (!door.speaking.signal.aborted) await auditFailure(command, awaited.input, contextOf(door, said), error)
    if (!(error instanceof TbsError) || NOT_ABOUT_THE_TOKEN.has(error.code)) {
      return inOneTransaction(door, async (inside) => {
        await forget(inside, awaited)
        await sayError(inside, said, error)
      })
    }
    const hint = error.hint === undefined ? [] : [line(error.hint)]
    await say(door, said, { text: [line(error.message), ...hint, goOn(), ...notes] })
  }
}

// Another token would not help.
const NOT_ABOUT_THE_TOKEN = new Set([
  'not_allowed',
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

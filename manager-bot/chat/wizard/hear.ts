import { messageOf, TbsError } from '../../../deploy-engine/index.ts'
import { reaches } from '../../role.ts'
import { deleteMessage } from '../delete-message.ts'
import { type Door, sayReply } from '../door.ts'
import type { Known, Typed } from '../message.ts'
import { awaitedIn } from '../records/awaited.ts'
import { wizardButton } from '../records/wizard.ts'
import { TOKENS } from '../token-kinds.ts'
import { retireQuestion } from './ended.ts'
import { type Opened, openedWizard } from './opened.ts'
import { stepOf } from './steps.ts'
import { hearAnswer } from './wizard.ts'

/** Takes what a person sends as the answer to the wizard's question. false: it is something else. */
export const hearWizard = async (door: Door, said: Known, typed: Typed | undefined): Promise<boolean> => {
  if (typed || !said.isPrivate || !reaches(said.access.roleFor(), 'owner')) return false
  const { engine } = door
  const whose = { chatId: said.place.chatId, personId: said.personId }
  // A command that came after the question asks for something itself.
  if (await awaitedIn(engine.database.read, whose, engine.clock.now())) return false
  const opened = await openedWizard(engine, whose)
  if (!opened || opened.standing.at.step === 'done') return false
  const isSecret = said.document !== undefined || isSecretAnswer(door, opened, said.text)
  // A token that nobody asked for is taken out of the chat, and told so.
  if (!isSecret && isToken(said.text)) return false
  await take(door, said, { opened, isSecret })
  return true
}

const isSecretAnswer = ({ engine }: Door, { standing }: Opened, text: string): boolean =>
  stepOf(standing).isSecret?.(text, { answers: standing.answers, index: standing.at.index, engine }) === true

const isToken = (text: string): boolean => TOKENS.bot.shape.test(text) || TOKENS.git.shape.test(text)

const take = async (
  door: Door,
  said: Known,
  { opened, isSecret }: { opened: Opened; isSecret: boolean },
): Promise<void> => {
  const { engine, outbox, speaking } = door
  const content = await contentOf(door, said, opened)
  const notes = isSecret ? await deleteMessage(speaking, said) : []
  const shown = await wizardButton(engine.database.read, { ...opened.whose, turn: opened.turn })
  const reply = await hearAnswer(door, opened, { said: content, updateId: said.updateId })
  const messageId = shown?.messageId ?? undefined
  // Below an answer that stays, the next question is a new message; the place of a deleted one it simply takes.
  if (!isSecret) {
    await engine.database.transaction((entities) =>
      retireQuestion(entities, outbox, { ...opened.whose, turn: opened.turn }),
    )
  }
  const replaces = isSecret && messageId !== undefined ? { replaces: messageId } : {}
  await sayReply(door, { ...said, ...replaces }, { ...reply, text: [...reply.text, ...notes] })
}

const MOST_BYTES = 64 * 1024

/** What was sent, or why it is no answer. */
const contentOf = async ({ speaking }: Door, said: Known, { standing }: Opened): Promise<string | TbsError> => {
  if (!said.document) return said.text
  if (!stepOf(standing).takesFile) return new TbsError('bad_value', 'I asked for no file')
  if (said.document.bytes > MOST_BYTES) return new TbsError('bad_value', 'That file is larger than 64 KiB')
  try {
    const content = await speaking.api.download(said.document.fileId, {
      mostBytes: MOST_BYTES,
      signal: speaking.signal,
    })
    return new TextDecoder('utf-8', { fatal: true }).decode(content)
  } catch (error) {
    if (error instanceof TypeError) return new TbsError('bad_value', 'That file is no text')
    speaking.log.warn({ reason: messageOf(error) }, 'a file could not be fetched from Telegram')
    return new TbsError('bad_value', 'I could not get that file from Telegram', { hint: 'Send it again' })
  }
}

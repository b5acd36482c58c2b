import { addBot, botByName, type Engine, TbsError } from '../../../deploy-engine/index.ts'
import type { CommandContext, Reply, Wizard } from '../../command.ts'
import { operate } from '../../operate.ts'
import { command, line, type RichText } from '../../text/rich-text.ts'
import type { Known } from '../message.ts'
import type { Outbox } from '../outbox.ts'
import { clearAwaited } from '../records/awaited.ts'
import { removeWizard, wizardOf } from '../records/wizard.ts'
import { type Answers, type Standing, spot } from './answers.ts'
import { retireQuestion } from './ended.ts'
import { following } from './following.ts'
import type { Looks } from './looks.ts'
import { keepWizard, type Opened, openedWizard, writeWizard } from './opened.ts'
import { questionOf } from './question.ts'
import type { Asked, Move, Step } from './step.ts'
import { nameIsFree } from './step-name.ts'
import { newBot } from './step-summary.ts'
import { isSame, stepOf } from './steps.ts'

export type WizardParts = { engine: Engine; outbox: Outbox; looks: Looks; username: string }

type Said = Pick<Known, 'place' | 'personId' | 'isPrivate' | 'updateId'>

/** The wizard of one person in one chat. All of it is in the database, so that a restart changes nothing. */
export const openWizard = (parts: WizardParts, said: Said): Wizard => ({
  begin: (given) => begin(parts, said, given),
  press: (pressed, context) => press(parts, said, { ...pressed, context }),
  cancel: () => cancel(parts, said),
})

const whoseOf = ({ place, personId }: Said) => ({ chatId: place.chatId, personId })

const begin = async (parts: WizardParts, said: Said, { name }: { name?: string }): Promise<Reply> => {
  const { engine, outbox, username } = parts
  if (!said.isPrivate) return inPrivate(username)
  if (name !== undefined) await nameIsFree(engine, name)
  const whose = whoseOf(said)
  const standing = firstStanding(name)
  const opened = await engine.database.transaction(async (entities) => {
    const before = await wizardOf(entities, whose)
    if (before) await retireQuestion(entities, outbox, before)
    await clearAwaited(entities, whose)
    const turn = (before?.turn ?? 0) + 1
    return writeWizard(engine, entities, { whose, turn, updateId: said.updateId ?? null, standing })
  })
  return asReply(parts, opened)
}

const inPrivate = (username: string): Reply => ({
  text: [
    line('A bot is added in our private chat, since I ask for its token: '),
    line(`https://t.me/${username}?start=addbot`),
  ],
  incomplete: true,
})

const firstStanding = (name: string | undefined): Standing => {
  const answers: Answers = { ...(name !== undefined && { name }), values: {}, volumes: [], files: {} }
  if (name === undefined) return { at: spot('name'), trail: [], answers, note: [] }
  return { at: spot('repo'), trail: [spot('name')], answers, note: [] }
}

/** An answer in words, the text of a file, or why that is none. */
export const hearAnswer = (
  parts: WizardParts,
  opened: Opened,
  { said, updateId }: { said: string | TbsError; updateId: number | undefined },
): Promise<Reply> =>
  move(parts, opened, {
    updateId,
    work: ({ hear }, asked) => {
      if (said instanceof TbsError) throw said
      if (hear) return hear(said, asked)
      throw new TbsError('bad_value', 'Press one of the buttons below')
    },
  })

type Pressed = { turn: string; choice: string; context: CommandContext }

const press = async (parts: WizardParts, said: Said, { turn, choice, context }: Pressed): Promise<Reply> => {
  const { updateId } = said
  const opened = await openedWizard(parts.engine, whoseOf(said))
  if (choice === 'cancel') {
    await cancel(parts, said)
    return CANCELLED
  }
  if (!opened) return OVER
  const isAgain = updateId !== undefined && opened.updateId === updateId
  if (opened.standing.at.step === 'done') return isAgain ? deploy(opened, context) : OVER
  if (isAgain || turn !== String(opened.turn)) return asReply(parts, opened)
  if (choice === 'back') return back(parts, opened, updateId)
  if (choice === 'deploy' && opened.standing.at.step === 'summary') return add(parts, opened, context)
  return move(parts, opened, {
    updateId,
    work: ({ choose }, asked) => {
      if (choose) return choose(choice, asked)
      throw new TbsError('bad_value', 'That can’t be pressed here')
    },
  })
}

const CANCELLED: Reply = { text: [line('Cancelled. No bot was added.')], incomplete: true }

const OVER: Reply = {
  text: [line('These questions have ended. Begin again: ', command('addbot'))],
  incomplete: true,
}

type Answer = { updateId: number | undefined; work(step: Step, asked: Asked): Promise<Move> | Move }

const move = async (parts: WizardParts, opened: Opened, { updateId, work }: Answer): Promise<Reply> => {
  const { engine } = parts
  if (updateId !== undefined && opened.updateId === updateId) return asReply(parts, opened)
  const { standing } = opened
  const { at, answers } = standing
  try {
    const next = await work(stepOf(standing), { answers, index: at.index, engine })
    return await goTo(parts, opened, { standing: moved(standing, next), updateId: updateId ?? null })
  } catch (error) {
    return again(parts, opened, { error, updateId })
  }
}

const moved = ({ at, trail }: Standing, { answers, to = following(answers, at), note = [] }: Move): Standing => ({
  at: to,
  trail: isSame(at, to) ? trail : [...trail, at],
  answers,
  note,
})

/** The same question, with what was wrong above it. */
const again = (
  parts: WizardParts,
  opened: Opened,
  { error, updateId }: { error: unknown; updateId: number | undefined },
): Promise<Reply> => {
  if (!(error instanceof TbsError)) throw error
  const note: RichText = [line(error.message), ...(error.hint === undefined ? [] : [line(error.hint)])]
  return goTo(parts, opened, { standing: { ...opened.standing, note }, updateId: updateId ?? null })
}

const back = (parts: WizardParts, opened: Opened, updateId: number | undefined): Promise<Reply> => {
  const { trail, answers } = opened.standing
  const at = trail.at(-1) ?? spot('name')
  const standing = { at, trail: trail.slice(0, -1), answers, note: [] }
  return goTo(parts, opened, { standing, updateId: updateId ?? null })
}

const goTo = async (parts: WizardParts, opened: Opened, next: Parameters<typeof keepWizard>[2]): Promise<Reply> => {
  const kept = await keepWizard(parts.engine, opened, next)
  return kept ? asReply(parts, kept) : OVER
}

const asReply = ({ engine, looks }: WizardParts, opened: Opened): Reply => ({
  ...questionOf(engine, opened),
  incomplete: true,
  ...(opened.standing.at.step === 'look' && { afterwards: () => looks.begin(opened.whose) }),
})

/** Registers the bot and asks for its first deploy: after a kill in between, the same press goes on with it. */
const add = async (parts: WizardParts, opened: Opened, context: CommandContext): Promise<Reply> => {
  const { engine } = parts
  const { answers } = opened.standing
  const updateId = updateIdOf(context)
  const { name = '', repo = '' } = answers
  const wanted = { verb: 'addbot', words: { name, repo } }
  await context.audit.begin(wanted)
  try {
    await addBot(engine, newBot(answers))
  } catch (error) {
    if (!(await isAdded(engine, answers, error))) {
      if (error instanceof TbsError) await context.audit.end(wanted, { result: 'refused', code: error.code })
      return again(parts, opened, { error, updateId })
    }
  }
  // The secrets are the bot's now.
  const standing: Standing = {
    at: spot('done'),
    trail: [],
    answers: { name, values: {}, volumes: [], files: {} },
    note: [],
  }
  const done = await keepWizard(engine, opened, { standing, updateId: updateId ?? null })
  return done ? deploy(done, context) : OVER
}

const deploy = async ({ standing }: Opened, context: CommandContext): Promise<Reply> => {
  const { name = '' } = standing.answers
  const reply = await operate(context, { kind: 'deploy', bot: name, args: {} })
  const { operation } = reply
  const end = { result: 'done' as const, ...(operation !== undefined && { operation }) }
  await context.audit.end({ verb: 'addbot', words: { name } }, end)
  return reply
}

const updateIdOf = ({ requestKey }: CommandContext): number | undefined =>
  requestKey === undefined ? undefined : Number(requestKey.replace('telegram:', ''))

/** By this very press, before a kill. */
const isAdded = async ({ database }: Engine, { name = '', account }: Answers, error: unknown): Promise<boolean> => {
  if (!(error instanceof TbsError) || error.code !== 'name_taken') return false
  return (await botByName(database.read, name)).telegramId === account?.id
}

const cancel = async ({ engine, outbox, looks }: WizardParts, said: Said): Promise<boolean> => {
  const whose = whoseOf(said)
  const was = await engine.database.transaction(async (entities) => {
    const row = await wizardOf(entities, whose)
    if (!row || row.step === 'done') return undefined
    await retireQuestion(entities, outbox, row)
    await removeWizard(entities, whose)
    return row
  })
  if (!was) return false
  // Ends the look that is going on, if any: there is nothing to look at any more.
  looks.begin(whose)
  outbox.wake(whose.chatId)
  return true
}

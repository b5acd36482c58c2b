import { type Engine, lookAtRepo, messageOf, TbsError } from '../../../deploy-engine/index.ts'
import { line } from '../../text/rich-text.ts'
import { keyboard } from '../keyboard.ts'
import type { Outbox } from '../outbox.ts'
import { wizardButton, wizardsAt } from '../records/wizard.ts'
import { type Standing, spot } from './answers.ts'
import { keepWizard, type Opened, openedWizard, type Whose } from './opened.ts'
import { questionOf } from './question.ts'
import { accessIn } from './step-access.ts'

/** Looks at repositories beside the chat, which goes on meanwhile, and asks the next question when it is known. */
export type Looks = {
  /** For the wizard of this person, if it waits for one. */
  begin(whose: Whose): void
  /** Goes on with those that an earlier process began. */
  resume(): Promise<void>
  idle(): Promise<void>
}

type Parts = { engine: Engine; outbox: Outbox; signal: AbortSignal }

export const openLooks = ({ engine, outbox, signal }: Parts): Looks => {
  const going = new Map<string, { stop: AbortController; ended: Promise<void> }>()
  const begin = (whose: Whose) => {
    const key = `${whose.chatId}:${whose.personId}`
    going.get(key)?.stop.abort()
    const stop = new AbortController()
    const both = AbortSignal.any([signal, stop.signal])
    const ended = look({ engine, outbox, signal: both }, whose).catch((err) => {
      if (!both.aborted) engine.log.error({ err }, 'a repository could not be looked at')
    })
    going.set(key, { stop, ended })
    void ended.finally(() => {
      if (going.get(key)?.stop === stop) going.delete(key)
    })
  }
  return {
    begin,
    resume: async () => {
      for (const { chatId, personId } of await wizardsAt(engine.database.read, 'look')) begin({ chatId, personId })
    },
    idle: async () => {
      await Promise.all([...going.values()].map(({ ended }) => ended))
    },
  }
}

const look = async (parts: Parts, whose: Whose): Promise<void> => {
  const { engine, signal } = parts
  const opened = await openedWizard(engine, whose)
  if (opened?.standing.at.step !== 'look') return
  const standing = await seen(parts, opened.standing)
  if (signal.aborted) return
  const next = await keepWizard(engine, opened, { standing })
  // Cancelled, or gone back meanwhile.
  if (next?.turn === opened.turn + 1 && next.standing === standing) await ask(parts, opened, next)
}

const seen = async ({ engine, signal }: Parts, standing: Standing): Promise<Standing> => {
  const { repo = '', ref, path, ignoreDockerfile } = standing.answers
  try {
    const wanted = { repo, ...(ref !== undefined && { ref }), ...(path !== undefined && { path }) }
    const how = { access: accessIn(standing.answers), ...(ignoreDockerfile !== undefined && { ignoreDockerfile }) }
    const report = await lookAtRepo(engine, { ...wanted, ...how }, signal)
    const to = report.build ? 'build' : report.directories.length > 0 ? 'folder' : 'problem'
    return { ...standing, at: spot(to), answers: { ...standing.answers, report }, note: [] }
  } catch (error) {
    if (!signal.aborted && !(error instanceof TbsError)) {
      engine.log.error({ err: error }, `a look at a repository failed by a bug: ${messageOf(error)}`)
    }
    return notSeen(standing, error)
  }
}

/** Back to the question that led here, or to the one how a private repository is to be read. */
const notSeen = ({ trail, answers }: Standing, error: unknown): Standing => {
  const from = trail.at(-1) ?? spot('repo')
  const code = error instanceof TbsError ? error.code : undefined
  if (code === 'needs_access' && from.step !== 'key' && from.step !== 'gittoken') {
    return { at: spot('access'), trail, answers, note: [] }
  }
  const said = error instanceof TbsError ? error : { message: 'Internal error', hint: 'The log has the details.' }
  const note = [line(said.message), ...(said.hint === undefined ? [] : [line(said.hint)])]
  // What was asked for there was to build it the other way.
  const undone = from.step === 'build' ? { ignoreDockerfile: !answers.ignoreDockerfile } : {}
  return { at: from, trail: trail.slice(0, -1), answers: { ...answers, ...undone }, note }
}

const ask = async ({ engine, outbox }: Parts, before: Opened, next: Opened): Promise<void> => {
  const { chatId, personId } = next.whose
  const { text, offers } = questionOf(engine, next)
  const markup = await keyboard(engine, { chatId, personId, messageId: null }, offers)
  await engine.database.transaction(async (entities) => {
    const shown = await wizardButton(entities, { ...next.whose, turn: before.turn })
    const place = { chatId, threadId: null, replyTo: null }
    const edit = shown ? { editWith: shown.nonce } : {}
    await outbox.post(entities, { place, text, markup, priority: 'result', silent: true, ...edit })
  })
  outbox.wake(chatId)
}

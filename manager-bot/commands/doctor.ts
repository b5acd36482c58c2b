import { z } from 'zod'
import type { Examined, Mended } from '../../deploy-engine/index.ts'
import { type CommandContext, defineCommand, Flag, GIVEN, type Question, type Reply } from '../command.ts'
import { doctorText, mendedText, plannedText } from '../doctor/doctor-text.ts'
import { line } from '../text/rich-text.ts'

export const doctor = defineCommand({
  name: 'doctor',
  usage: '[--fix]',
  summary: 'Look for what is wrong with the server and the manager',
  details:
    'Docker, disk, clock, Telegram, tokens, files, database, Redis, backups and left-overs, each with what follows ' +
    'and what to do. With --fix what is safe is done: file modes, restart policies, left-overs, settings of Redis, ' +
    'a webhook of the manager.',
  example: '',
  role: 'owner',
  reads: ({ fix }) => fix === undefined,
  args: () => z.strictObject({ fix: Flag }),
  confirm: async ({ fix }, context) => (fix ? question(context) : undefined),
  run: async ({ fix }, context) => (fix ? mendAll(context) : show(context)),
})

const show = async (context: CommandContext): Promise<Reply> => {
  const found = await examineAll(context)
  const diagnoses = found.map(({ diagnosis }) => diagnosis)
  const isFixable = diagnoses.some(({ fixable }) => fixable)
  const again = { label: '⟳ Look again', command: 'doctor', input: {}, fate: 'replaced' as const }
  const fix = { label: 'Fix', command: 'doctor', input: { fix: GIVEN }, fate: 'stays' as const }
  return { text: doctorText(diagnoses), data: diagnoses, offers: [[...(isFixable ? [fix] : []), again]] }
}

const question = async (context: CommandContext): Promise<Question | undefined> => {
  const fixable = fixableOf(await examineAll(context))
  if (fixable.length === 0) return undefined
  const text = plannedText(fixable.map(({ diagnosis }) => diagnosis))
  return { text, yes: 'Do it', no: 'Leave it', input: { fix: GIVEN } }
}

const mendAll = async (context: CommandContext): Promise<Reply> => {
  const mended: Mended[] = []
  for (const one of fixableOf(await examineAll(context))) mended.push(await context.verbs.mend(one, limitsOf(context)))
  if (mended.length === 0) return { text: [line('There is nothing that can be done from here.')], incomplete: true }
  return { text: mendedText(mended), data: mended }
}

const examineAll = (context: CommandContext): Promise<Examined[]> => {
  const { engine, verbs, ownChecks } = context
  return verbs.examine([...verbs.hostChecks(engine), ...verbs.ownChecks(engine), ...ownChecks()], limitsOf(context))
}

const limitsOf = ({ engine: { clock } }: CommandContext) => ({ clock, signal: new AbortController().signal })

const fixableOf = (found: readonly Examined[]): Examined[] => found.filter(({ diagnosis }) => diagnosis.fixable)

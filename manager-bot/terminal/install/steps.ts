import { TbsError } from '../../../deploy-engine/index.ts'
import { Stopped } from './question.ts'

/** In their order, with what each is called. */
export const STEPS = {
  connect: 'Connect',
  server: 'Look at the server',
  room: 'Look for rights, disk and memory',
  token: 'Check the token',
  docker: 'Provide Docker',
  files: 'Put directories and settings in place',
  image: 'Build the manager’s image',
  container: 'Start the manager',
  healthy: 'See it work',
  timer: 'Have it looked after from outside',
  'recovery-key': 'Make the recovery key',
  welcome: 'Say hello',
} as const

/** Those that ask something. */
export const ASKING: StepName[] = ['connect', 'room', 'token']

export type StepName = keyof typeof STEPS

/** What failed, said with its step, and that the same command goes on from there. */
export const inStep = (name: StepName, error: unknown): unknown => {
  if (!(error instanceof TbsError) || error instanceof Stopped) return error
  const { code, message, hint, cause } = error
  const next = hint === undefined ? AGAIN : BEFORE_CHANGES.includes(name) ? hint : `${hint}. ${AGAIN}`
  return new TbsError(code, `${STEPS[name]}: ${message}`, { hint: next, cause })
}

const AGAIN = 'What is done stays. Run the same command again: it goes on where it stopped.'

const BEFORE_CHANGES: StepName[] = ['connect', 'server', 'room', 'token']

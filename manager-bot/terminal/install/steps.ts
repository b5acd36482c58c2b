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

export type StepName = keyof typeof STEPS

/** What a step gives to those after it, and what a person should know of it; without `changed` it only looks. */
export type Told<T> = { value: T; found: string; changed?: boolean }

export type Screen = {
  begin(step: StepName): void
  /** What a program in it prints. */
  line(step: StepName, text: string): void
  end(step: StepName, told: { found: string; changed?: boolean; ms: number }): void
  failed(step: StepName): void
}

export type Step = <T>(name: StepName, work: (onLine: (line: string) => void) => Promise<Told<T>>) => Promise<T>

/** Carries steps out one after the other; what fails says in which, and that the same command goes on from there. */
export const openSteps = (screen: Screen, elapsed: () => number): Step => {
  return async (name, work) => {
    const begun = elapsed()
    screen.begin(name)
    try {
      const { value, ...told } = await work((line) => screen.line(name, line))
      screen.end(name, { ...told, ms: Math.round(elapsed() - begun) })
      return value
    } catch (error) {
      screen.failed(name)
      throw inStep(name, error)
    }
  }
}

const AGAIN = 'What is done stays. Run the same command again: it goes on where it stopped.'

const inStep = (name: StepName, error: unknown): unknown => {
  if (!(error instanceof TbsError) || error instanceof Stopped) return error
  const { code, message, hint, cause } = error
  const next = hint === undefined ? AGAIN : BEFORE_CHANGES.includes(name) ? hint : `${hint}. ${AGAIN}`
  return new TbsError(code, `${STEPS[name]}: ${message}`, { hint: next, cause })
}

const BEFORE_CHANGES: StepName[] = ['connect', 'server', 'room', 'token']

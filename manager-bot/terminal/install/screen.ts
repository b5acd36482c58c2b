import { duration } from '../../text/duration.ts'
import type { Installation } from './install.ts'
import { type Screen, STEPS } from './steps.ts'

type Write = (text: string) => void

export type Shown = Screen & { done(installation: Installation, ms: number): void }

/** Events for a program, one JSON object in a line. */
export const asJson = (write: Write): Shown => {
  const event = (fields: object) => write(`${JSON.stringify(fields)}\n`)
  return {
    begin: (step) => event({ step, state: 'begin' }),
    line: (step, text) => event({ step, state: 'line', text }),
    end: (step, told) => event({ step, state: 'end', ...told }),
    failed: (step) => event({ step, state: 'failed' }),
    done: ({ recoveryKey, ...installation }, ms) =>
      event({ done: true, ms, ...installation, ...(recoveryKey && { recoveryKey: recoveryKey.reveal() }) }),
  }
}

/** Lines for whoever reads them later. */
export const asLines = (write: Write): Shown => ({
  begin: (step) => write(`${STEPS[step]} …\n`),
  line: () => {},
  end: (step, told) => write(`  ${endText(step, told)}\n`),
  failed: () => {},
  done: (installation, ms) => write(`\n${doneText(installation, ms)}\n`),
})

/** On a terminal: one line for each step, which shows what goes on in it. */
export const onScreen = async (write: Write): Promise<Shown> => {
  const { spinner } = await import('@clack/prompts')
  const busy = spinner()
  return {
    // A question would be drawn over it.
    begin: (step) => (ASKING.includes(step) ? write(`│\n`) : busy.start(STEPS[step])),
    line: (step, text) => busy.message(`${STEPS[step]} · ${text.slice(0, WIDEST)}`),
    end: (step, told) =>
      ASKING.includes(step) ? write(`◇  ${endText(step, told)}\n`) : busy.stop(endText(step, told)),
    failed: (step) => (ASKING.includes(step) ? undefined : busy.error(STEPS[step])),
    done: (installation, ms) => write(`\n${doneText(installation, ms)}\n`),
  }
}

const WIDEST = 60
const ASKING = ['connect', 'room', 'token']

const endText = (step: keyof typeof STEPS, { found, changed, ms }: Parameters<Screen['end']>[1]): string =>
  `${STEPS[step]}: ${found}${changed === false ? ' (unchanged)' : ''} · ${duration(ms)}`

const doneText = ({ where, username, link, recoveryKey }: Installation, ms: number): string =>
  [
    `The manager${username ? ` @${username}` : ''} runs on ${where}, after ${duration(ms)}.`,
    ...(recoveryKey
      ? [
          '',
          'The recovery key. It is shown this once and kept nowhere: write it down, away from the server.',
          `  ${recoveryKey.reveal()}`,
          'Every backup can be opened with it, on any server. To have another one: tbs-manager recovery-key --replace',
        ]
      : []),
    ...(link ? ['', `Now open: ${link}`] : []),
  ].join('\n')

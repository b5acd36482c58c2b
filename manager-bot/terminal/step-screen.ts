import { duration } from '../text/duration.ts'

type Write = (text: string) => void

/** What a step found and did; without `changed` it only looks. */
export type Told<T> = { value: T; found: string; changed?: boolean }

/** Where steps, one after the other, are shown. */
export type StepScreen<Name extends string> = {
  begin(step: Name): void
  /** What a program in it prints. */
  line(step: Name, text: string): void
  end(step: Name, told: { found: string; changed?: boolean; ms: number }): void
  failed(step: Name): void
  /** What all of it came to: for a program, and for people. */
  done(fields: object, text: string): void
}

export type Step<Name extends string> = <T>(
  name: Name,
  work: (onLine: (line: string) => void) => Promise<Told<T>>,
) => Promise<T>

type Steps<Name extends string> = {
  screen: StepScreen<Name>
  elapsed: () => number
  /** What is thrown instead when a step fails. */
  failure(step: Name, error: unknown): unknown
}

/** Carries steps out one after the other, and shows them. */
export const openSteps = <Name extends string>({ screen, elapsed, failure }: Steps<Name>): Step<Name> => {
  return async (name, work) => {
    const begun = elapsed()
    screen.begin(name)
    try {
      const { value, ...told } = await work((line) => screen.line(name, line))
      screen.end(name, { ...told, ms: Math.round(elapsed() - begun) })
      return value
    } catch (error) {
      screen.failed(name)
      throw failure(name, error)
    }
  }
}

/** Events for a program, one JSON object in a line. */
export const asJson = <Name extends string>(write: Write): StepScreen<Name> => {
  const event = (fields: object) => write(`${JSON.stringify(fields)}\n`)
  return {
    begin: (step) => event({ step, state: 'begin' }),
    line: (step, text) => event({ step, state: 'line', text }),
    end: (step, told) => event({ step, state: 'end', ...told }),
    failed: (step) => event({ step, state: 'failed' }),
    done: (fields) => event({ done: true, ...fields }),
  }
}

/** How each step is called, and those that ask something. */
export type Titles<Name extends string> = { titles: Record<Name, string>; asking: readonly Name[] }

/** Lines for whoever reads them later. */
export const asLines = <Name extends string>(write: Write, { titles }: Titles<Name>): StepScreen<Name> => ({
  begin: (step) => write(`${titles[step]} …\n`),
  line: () => {},
  end: (step, told) => write(`  ${endText(titles[step], told)}\n`),
  failed: () => {},
  done: (_fields, text) => write(`\n${text}\n`),
})

/** On a terminal: one line for each step, which shows what goes on in it. */
export const onScreen = async <Name extends string>(
  write: Write,
  { titles, asking }: Titles<Name>,
): Promise<StepScreen<Name>> => {
  const { spinner } = await import('@clack/prompts')
  const busy = spinner()
  return {
    // A question would be drawn over it.
    begin: (step) => (asking.includes(step) ? write('│\n') : busy.start(titles[step])),
    line: (step, text) => busy.message(`${titles[step]} · ${text.slice(0, WIDEST)}`),
    end: (step, told) =>
      asking.includes(step) ? write(`◇  ${endText(titles[step], told)}\n`) : busy.stop(endText(titles[step], told)),
    failed: (step) => (asking.includes(step) ? undefined : busy.error(titles[step])),
    done: (_fields, text) => write(`\n${text}\n`),
  }
}

const WIDEST = 60

const endText = (title: string, { found, changed, ms }: { found: string; changed?: boolean; ms: number }): string =>
  `${title}: ${found}${changed === false ? ' (unchanged)' : ''} · ${duration(ms)}`

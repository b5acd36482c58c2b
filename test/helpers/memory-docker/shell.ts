import { ASK_SCRIPT } from '../../../deploy-engine/container/ask-script.ts'
import type { VirtualClock } from './virtual-clock.ts'

type Result = { exitCode: number; output: string }

type Surroundings = {
  clock: VirtualClock
  /** Texts of /proc files. */
  read(path: string): string | undefined
  /** Where a name leads. */
  address: string
  /** What a web server there says. */
  answers: { status: number; body: string } | undefined
}

/** The few programs that are run in and beside containers, alone or as `sh -c "one; other" name arguments…`. */
export const shell = async (command: readonly string[], around: Surroundings, signal: AbortSignal): Promise<Result> => {
  const [program = '', flag, script = '', ...given] = command
  if (program !== 'sh' || flag !== '-c') return call(command, around, signal)
  const result: Result = { exitCode: 0, output: '' }
  for (const line of script.split(/;|&&/)) {
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
    const filled = words.map((word) => word.replace(/^\$(\d)$/, (_, digit) => given[Number(digit)] ?? ''))
    const { exitCode, output } = await call(filled, around, signal)
    result.output += output
    result.exitCode = exitCode
    if (filled[0] === 'exit') break
  }
  return result
}

const call = async ([program = '', ...words]: readonly string[], around: Surroundings, signal: AbortSignal) => {
  const done = (output: string, exitCode = 0): Result => ({ exitCode, output })
  switch (program) {
    case 'echo':
      return done(`${words.join(' ')}\n`)
    case 'exit':
      return done('', Number(words[0]))
    case 'sleep':
      await around.clock.sleep(Number(words[0]) * 1000, signal)
      return done('')
    case 'cat':
      return done(words.map((path) => around.read(path) ?? '').join(''))
    case 'test':
      return done('', around.read(words.at(-1) ?? '') === undefined ? 1 : 0)
    case 'perl':
      if (words.includes(ASK_SCRIPT)) return done(asked(around))
      return done(`address ${around.address}\n${around.read('sockets') ?? ''}end\n`)
    case 'getent':
      return done(`${around.address}     STREAM ${words.at(-1)}\n`)
    default:
      return done(`${program}: not found\n`, 127)
  }
}

const asked = ({ answers }: Surroundings): string => {
  if (!answers) return 'unreachable Connection refused\n'
  const text = `HTTP/1.0 ${answers.status} x\r\ncontent-type: text/plain\r\n\r\n${answers.body}`
  return `answer ${Buffer.from(text).toString('hex')}\n`
}

import { dirname, join } from 'node:path'
import { messageOf } from '../error.ts'
import type { BuildLine, Engine } from '../ports.ts'
import { redact } from '../secret.ts'
import type { Run } from './journal.ts'
import { liveTail } from './live-tail.ts'
import { buildLogPath } from './log-files.ts'

const KEPT_LOGS = 20
// Together they stay below what FilesPort.readText gives back, also when every character takes three bytes.
const HEAD_BYTES = 512 * 1024
const TAIL_LINES = 500
const LINE_CHARACTERS = 300
const WRITE_EVERY_MS = 250

export type BuildLog = {
  line(line: BuildLine): void
  /** The last lines that one step wrote, redacted, in the order of their arrival. */
  ofStep(step: string): BuildLine[]
  close(): Promise<void>
}

/** Writes a build's output to its file, redacted, without the middle of a long one. Keeps a bot's last 20 logs. */
export const buildLog = (run: Run): BuildLog => {
  const path = buildLogPath(run.engine, run.bot.name, run.operation.id)
  const file = appender(run.engine, path)
  const live = liveTail(run)
  const tail: BuildLine[] = []
  let room = HEAD_BYTES
  let unwritten = 0
  return {
    line: (line) => {
      const text = redact(plain(line.text), run.secrets)
      room -= Buffer.byteLength(text) + 1
      if (room >= 0) file.append(`${text}\n`)
      else unwritten += 1
      tail.push({ ...line, text: text.slice(0, LINE_CHARACTERS) })
      if (tail.length > TAIL_LINES) tail.shift()
      live.line(text.slice(0, LINE_CHARACTERS))
    },
    ofStep: (step) => tail.filter((line) => step !== '' && line.step === step),
    close: async () => {
      live.end()
      if (unwritten > 0) file.append(endOf(tail, unwritten))
      await file.close()
      await removeOldLogs(run.engine, dirname(path))
    },
  }
}

const endOf = (tail: BuildLine[], unwritten: number): string => {
  const left = Math.max(0, unwritten - tail.length)
  const lines = tail.slice(-unwritten).map(({ text }) => `${text}\n`)
  return `${left > 0 ? `\n(${left} lines are left out here)\n\n` : ''}${lines.join('')}`
}

/** Appends in the background, in order; what can't be written is a warning: the log is no reason to fail a build. */
const appender = ({ files, log, clock }: Engine, path: string) => {
  const over = new AbortController()
  let waiting = ''
  let writing: Promise<void> | undefined
  const write = async () => {
    while (waiting !== '') {
      const text = waiting
      waiting = ''
      await files.appendText(path, text)
      // A build may print thousands of lines a second, and others wait for the same threads.
      await clock.sleep(WRITE_EVERY_MS, over.signal).catch(() => {})
    }
  }
  return {
    append: (text: string) => {
      waiting += text
      writing ??= write()
        .catch((error) => log.warn({ path, error: messageOf(error) }, 'the build log could not be written'))
        .finally(() => {
          writing = undefined
        })
    },
    close: async () => {
      over.abort()
      await writing
    },
  }
}

const removeOldLogs = async ({ files }: Engine, directory: string): Promise<void> => {
  const numbers = (await files.names(directory))
    .flatMap((name) => /^build-(\d+)\.log$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a)
  for (const old of numbers.slice(KEPT_LOGS)) await files.remove(join(directory, `build-${old}.log`))
}

// A line as a terminal would end up showing it: progress bars overwrite themselves.
const plain = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal escapes are what is removed
    .replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '')
    .replace(/\r+$/, '')
    .replace(/^[\s\S]*\r/, '')

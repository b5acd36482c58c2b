import { dirname, join } from 'node:path'
import { redact } from '../secret.ts'
import type { Run } from './journal.ts'
import { buildLogPath } from './logs.ts'

const KEPT = 20

const STEP = /^Step \d+\/\d+ :/

/** What the builder and npm say around the lines that tell what is wrong. */
const NOISE = /^(npm notice|Removing intermediate container| ---> |The command '.*' returned a non-zero code)/

export type BuildLog = { line(text: string): void; close(): Promise<void> }

/** Writes the build's output to its file, redacted, in order. Keeps the last 20 logs of a bot. */
export const buildLog = ({ engine, bot, operation, secrets }: Run): BuildLog => {
  const path = buildLogPath(engine, bot.name, operation.id)
  let written: Promise<void> = Promise.resolve()
  return {
    line: (text) => {
      written = written.then(() => engine.files.appendText(path, `${redact(plain(text), secrets)}\n`))
    },
    close: async () => {
      await written
      const numbers = (await engine.files.names(dirname(path)))
        .flatMap((name) => /^build-(\d+)\.log$/.exec(name)?.[1] ?? [])
        .map(Number)
        .sort((a, b) => b - a)
      for (const old of numbers.slice(KEPT)) await engine.files.remove(join(dirname(path), `build-${old}.log`))
    },
  }
}

/** The last lines of an operation's build log that tell something. */
export const lastBuildLines = async ({ engine, bot, operation }: Run, count: number): Promise<string[]> => {
  const text = await engine.files.readText(buildLogPath(engine, bot.name, operation.id))
  const lines = (text ?? '').split('\n').filter((line) => line.trim() !== '' && !NOISE.test(line))
  // The step that failed is the last one; what those before it printed went well.
  return lines
    .slice(
      Math.max(
        0,
        lines.findLastIndex((line) => STEP.test(line)),
      ),
    )
    .slice(-count)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal escapes are what is removed
const plain = (text: string): string => text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r', '')

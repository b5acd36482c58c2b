import type { BuildLine } from '../../ports.ts'
import type { BuildEvent } from './build-events.ts'
import { readTrace } from './build-trace.ts'

/** Makes lines of a builder's events, and knows which step failed. */
export type BuildOutput = { add(event: BuildEvent): void; failedStep(): string; end(): void }

type OnLine = (line: BuildLine) => void

const STEP = /^Step \d+\/\d+ : /
const BUILDER = /^(Step \d+\/\d+ : | ---> |Removing intermediate container |Successfully (built|tagged) )/

/** The classic builder's. It wraps what a command wrote to stderr in bright red, and its own words in nothing. */
export const classicOutput = (onLine: OnLine): BuildOutput => {
  const lines = lineJoiner(onLine)
  let step = ''
  return {
    failedStep: () => step,
    add: ({ stream: text }) => {
      if (text === undefined) return
      if (!BUILDER.test(text)) return lines.add({ step, ...streamOf(text) })
      lines.end()
      if (STEP.test(text)) step = text.trimEnd()
      builderSays(text, onLine)
    },
    end: lines.end,
  }
}

const streamOf = (text: string): Pick<BuildLine, 'stream' | 'text'> => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the builder's own mark
  const [, error] = /^\x1b\[91m([\s\S]*)\x1b\[0m$/.exec(text) ?? []
  return error === undefined ? { stream: 'stdout', text } : { stream: 'stderr', text: error }
}

const TRACE = 'moby.buildkit.trace'
const CANCELED = /context canceled$/
const INTERNAL = /^(\[internal\]|copy \/context)/

/** BuildKit's, whose steps run beside each other; when one fails, the others end as cancelled. */
export const buildkitOutput = (onLine: OnLine): BuildOutput => {
  const lines = lineJoiner(onLine)
  const names = new Map<string, string>()
  let failed = ''
  return {
    failedStep: () => failed,
    add: ({ id, aux }) => {
      if (id !== TRACE || typeof aux !== 'string') return
      const { vertexes, logs } = readTrace(aux)
      for (const { digest, name, started, cached, error } of vertexes) {
        if (started && !names.has(digest)) {
          names.set(digest, name)
          if (!INTERNAL.test(name)) builderSays(cached ? `${name} (cached)` : name, onLine)
        }
        if (error !== '' && !CANCELED.test(error)) failed ||= name
      }
      for (const { vertex, stream, text } of logs) lines.add({ step: names.get(vertex) ?? '', stream, text })
    },
    end: lines.end,
  }
}

const builderSays = (text: string, onLine: OnLine) => {
  for (const line of text.split('\n')) if (line.trim() !== '') onLine({ step: '', stream: 'stdout', text: line })
}

/** Makes whole lines of the pieces in which the output of each step and stream arrives. */
const lineJoiner = (onLine: OnLine) => {
  const pending = new Map<string, BuildLine>()
  return {
    add: ({ step, stream, text }: BuildLine) => {
      const key = `${stream} ${step}`
      const lines = `${pending.get(key)?.text ?? ''}${text}`.split('\n')
      pending.set(key, { step, stream, text: lines.pop() ?? '' })
      for (const line of lines) if (line.trim() !== '') onLine({ step, stream, text: line })
    },
    /** What was written last may have had no end of line. */
    end: () => {
      for (const line of pending.values()) if (line.text.trim() !== '') onLine(line)
      pending.clear()
    },
  }
}

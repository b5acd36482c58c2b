import { Worker } from 'node:worker_threads'

export type EventLoopGuard = { close(): Promise<void> }

const TICK_MS = 1_000
const SILENT_TICKS = 60

/**
 * Ends the process with SIGKILL, after a line on stderr, when its event loop has not turned for 60 s. Only another
 * thread can notice that; only a signal can end it.
 */
export const guardEventLoop = ({ tickMs = TICK_MS }: { tickMs?: number } = {}): EventLoopGuard => {
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const beating = setInterval(() => Atomics.add(beats, 0, 1), tickMs).unref()
  const thread = new Worker(THREAD, {
    eval: true,
    workerData: { beats, tickMs, silentTicks: SILENT_TICKS },
    // What preloads modules into this process is none of its business.
    execArgv: [],
    env: {},
    resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 8 },
  })
  thread.unref()
  return {
    close: async () => {
      clearInterval(beating)
      await thread.terminate()
    },
  }
}

// A text, so that it is the same from the sources and in the bundle. It counts its own ticks instead of looking at a
// clock: a process that was suspended as a whole has missed nothing.
const THREAD = `
const { writeSync } = require('node:fs')
const { beats, tickMs, silentTicks } = require('node:worker_threads').workerData
let last = -1
let silent = 0
setInterval(() => {
  const now = Atomics.load(beats, 0)
  silent = now === last ? silent + 1 : 0
  last = now
  if (silent < silentTicks) return
  try {
    const after = Math.round((silent * tickMs) / 1000)
    writeSync(2, 'tbs-manager: the event loop has not turned for ' + after + ' s, ending the process\\n')
  } finally {
    process.kill(process.pid, 'SIGKILL')
  }
}, tickMs)
`

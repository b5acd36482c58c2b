import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { SOURCES } from './launcher.ts'

const PATIENCE_MS = 60_000

export type DemoProcess = {
  /** Of the page, as it was printed. */
  url: string
  /** From the start of the process to the line with the URL. */
  startedInMs: number
  redisPid: number
  /** All that it printed. */
  output: () => string
  /** SIGTERM; gives the ms until the process was gone. */
  stop(): Promise<number>
  /** For a test that failed: nothing of it may stay. */
  kill(): Promise<void>
}

/** Runs the demo as a person does, and waits until it prints where to go. */
export const startDemo = async (env: NodeJS.ProcessEnv, ...options: string[]): Promise<DemoProcess> => {
  const begun = performance.now()
  const child = spawn(process.execPath, [SOURCES, 'demo', ...options], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const printed: string[] = []
  const output = () => printed.join('')
  const redisPid = () => Number(/redis-server pid=(\d+)/.exec(output())?.[1])
  const kill = async () => {
    if (isOver(child)) return
    await end(child, 'SIGKILL')
    // It outlives the demo, in a process group of its own.
    if (redisPid()) process.kill(redisPid())
  }
  try {
    const url = await urlOf(child, printed)
    return {
      url,
      startedInMs: Math.round(performance.now() - begun),
      redisPid: redisPid(),
      output,
      stop: async () => {
        const asked = performance.now()
        await end(child, 'SIGTERM')
        return Math.round(performance.now() - asked)
      },
      kill,
    }
  } catch (error) {
    await kill()
    throw error
  }
}

const urlOf = (child: ChildProcess, printed: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`The demo ${why}:\n${printed.join('')}`))
    const late = setTimeout(() => fail(`printed no URL within ${PATIENCE_MS} ms`), PATIENCE_MS)
    child.once('exit', (code) => {
      clearTimeout(late)
      fail(`ended with code ${code}`)
    })
    const hear = (chunk: Buffer) => {
      printed.push(String(chunk))
      const url = /open (http:\S+)/.exec(printed.join(''))?.[1]
      if (url === undefined) return
      clearTimeout(late)
      resolve(url)
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
  })

const isOver = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (isOver(child)) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

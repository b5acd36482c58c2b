import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

export type WatchedArguments = { lines: ReadonlySet<string>; stop(): Promise<void> }

/** Every command line of this machine, looked at again and again. */
export const watchArguments = (): WatchedArguments => {
  const lines = new Set<string>()
  let stopped = false
  const looking = (async () => {
    while (!stopped) {
      for (const pid of await processes()) {
        const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
        if (line !== '') lines.add(line.replaceAll('\0', ' '))
      }
      await sleep(20)
    }
  })()
  return {
    lines,
    stop: async () => {
      stopped = true
      await looking
    },
  }
}

/** Ids of all processes of this machine. */
export const processes = async (): Promise<string[]> => (await readdir('/proc')).filter((name) => /^\d+$/.test(name))

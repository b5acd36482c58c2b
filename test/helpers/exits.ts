import { docker } from './docker.ts'

export type Exits = {
  times: number[]
  /** How many were killed by SIGKILL. */
  killed(): number
  stop(): void
}

/** Notes when containers of an installation's bots exit, by Docker's own clock, in ms since the epoch. */
export const watchExits = async (instance: string): Promise<Exits> => {
  const filters = JSON.stringify({ label: [`tbs.instance=${instance}`, 'tbs.role=bot'], event: ['die'] })
  const stream = await docker.getEvents({ filters })
  const times: number[] = []
  let killed = 0
  stream.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString('utf8').split('\n').filter(Boolean)) {
      const { timeNano, Actor } = JSON.parse(line)
      times.push(Math.floor(timeNano / 1e6))
      if (Actor.Attributes.exitCode === '137') killed += 1
    }
  })
  return { times, killed: () => killed, stop: () => stream.emit('close') }
}

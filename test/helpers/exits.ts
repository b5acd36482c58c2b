import { docker } from './docker.ts'

export type Exits = { times: number[]; stop(): void }

/** Notes when containers of an installation's bots exit, by Docker's own clock, in ms since the epoch. */
export const watchExits = async (instance: string): Promise<Exits> => {
  const filters = JSON.stringify({ label: [`tbs.instance=${instance}`, 'tbs.role=bot'], event: ['die'] })
  const stream = await docker.getEvents({ filters })
  const times: number[] = []
  stream.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString('utf8').split('\n').filter(Boolean)) {
      times.push(Math.floor(JSON.parse(line).timeNano / 1e6))
    }
  })
  return { times, stop: () => stream.emit('close') }
}

import type { Container, Engine } from '../ports.ts'

type Looked = { id: number; container: string }

/** Docker tells at once of what begins and ends. Should that get lost, the next inspection comes after so long. */
const TRUSTED_MS = 150_000

/** Inspects a bot's container, for all who look at it. */
export const inspect = async (engine: Engine, { id, container }: Looked): Promise<Container | undefined> => {
  const at = engine.clock.elapsed()
  const found = await engine.docker.container(container)
  const known = engine.running.inspected.get(id)
  // Who asked later knows better.
  if (known && known.at > at) return found
  if (found) engine.running.inspected.set(id, { at, found })
  else engine.running.inspected.delete(id)
  return found
}

/** The same, or what the last inspection found, if it ran then and Docker has told nothing of it since. */
export const asInspected = async (engine: Engine, looked: Looked): Promise<Container | undefined> => {
  const { running, clock } = engine
  const known = running.inspected.get(looked.id)
  if (known?.found.id !== looked.container || !isCalm(known.found)) return inspect(engine, looked)
  const isTold = known.at <= (running.told.get(looked.id) ?? 0)
  return isTold || clock.elapsed() - known.at >= TRUSTED_MS ? inspect(engine, looked) : known.found
}

const isCalm = ({ running, restarting, paused }: Container): boolean => running && !restarting && !paused

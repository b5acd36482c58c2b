import type { Container, ContainerEvent, Engine } from '../ports.ts'

/** Docker tells at once of what begins and ends. Should that get lost, the next inspection comes after so long. */
const TRUSTED_MS = 150_000

/** Inspects a bot's container, for all who look at it. */
export const inspect = async ({ docker, clock, running }: Engine, id: string): Promise<Container | undefined> => {
  const at = clock.elapsed()
  const found = await docker.container(id)
  const known = running.inspected.get(id)
  // Who asked later knows better.
  if (known && known.at > at) return found
  if (found) running.inspected.set(id, { at, found })
  else running.inspected.delete(id)
  return found
}

/** The same, or what the last inspection found, if it ran then and Docker has told nothing of it since. */
export const asInspected = async (engine: Engine, id: string): Promise<Container | undefined> => {
  const { running, clock } = engine
  const known = running.inspected.get(id)
  if (!known || !isCalm(known.found)) return inspect(engine, id)
  const isTold = known.at <= (running.told.get(id) ?? 0)
  return isTold || clock.elapsed() - known.at >= TRUSTED_MS ? inspect(engine, id) : known.found
}

const isCalm = ({ running, restarting, paused }: Container): boolean => running && !restarting && !paused

/** What was inspected before, or is being inspected, may not be so any more. */
export const heard = ({ running, clock }: Engine, { container, action }: ContainerEvent): void => {
  running.told.set(container, clock.elapsed())
  if (action !== 'destroy') return
  running.inspected.delete(container)
  running.told.delete(container)
}

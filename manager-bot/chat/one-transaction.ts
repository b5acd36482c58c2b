import type { Door } from './door.ts'
import { engineWithin } from './engine-within.ts'

/**
 * Whatever is changed and said by `work` is written down together, or not at all. It waits for nothing but the
 * database, and reaches that only by the door that it is given: by another one it would wait for its own end.
 */
export const inOneTransaction = async <T>(door: Door, work: (door: Door) => Promise<T>): Promise<T> => {
  const { engine, outbox, menus } = door
  const afterwards: (() => void)[] = []
  const result = await engine.database.transaction((entities) =>
    work({
      ...door,
      engine: engineWithin(engine, entities),
      outbox: { ...outbox, wake: (chatId) => void afterwards.push(() => outbox.wake(chatId)) },
      menus: { ...menus, refresh: async () => void afterwards.push(() => void menus.refresh()) },
    }),
  )
  for (const next of afterwards) next()
  return result
}

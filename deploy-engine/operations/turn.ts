import type { Engine } from '../ports.ts'

/**
 * Does something for a bot while nothing else is being done for it. `busy`: not done, whoever is at it was told that
 * there is news. `news`: done, and somebody else asked meanwhile.
 */
export const takeTurn = async (
  { running: { bots } }: Engine,
  botId: number,
  work: () => Promise<void>,
): Promise<'busy' | 'done' | 'news'> => {
  const other = bots.get(botId)
  if (other) {
    other.again = true
    return 'busy'
  }
  const turn = { again: false }
  bots.set(botId, turn)
  try {
    await work()
  } finally {
    bots.delete(botId)
  }
  return turn.again ? 'news' : 'done'
}

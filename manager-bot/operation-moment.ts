import { type Engine, type OperationView, releaseList } from '../deploy-engine/index.ts'
import type { Moment } from './operation-text.ts'

/** What an operation's text needs besides its view. */
export const operationMoment = async (engine: Engine, { bot, operation }: OperationView): Promise<Moment> => {
  const now = engine.clock.now()
  if (operation.outcome?.proof !== 'unproven') return { now }
  const { releases } = await releaseList(engine, bot.name)
  return { now, previous: releases.find(({ number }) => number === operation.outcome?.release)?.replaced ?? null }
}

import { type Engine, isOver, type OperationView, operationView } from '../../deploy-engine/index.ts'
import type { Offers } from '../command.ts'
import { operationOffers } from '../operation-offers.ts'
import { operationText } from '../operation-text.ts'
import type { RichText } from '../text/rich-text.ts'

/** An operation as it is to be shown now. `settled`: over, and its text will not change any more. */
export type Frame = { view: OperationView; text: RichText; offers: Offers; over: boolean; settled: boolean }

// How long an unproven release may turn out to be live and still change its message.
const PROOF_MS = 48 * 3600 * 1000

export const frameOf = async (engine: Engine, operationId: number): Promise<Frame> => {
  const view = await operationView(engine, operationId)
  const now = engine.clock.now()
  const { operation } = view
  const over = isOver(operation)
  const mayTurnLive = operation.outcome?.proof === 'unproven' && now - (operation.endedAt ?? 0) < PROOF_MS
  return { view, text: operationText(view, now), offers: operationOffers(view), over, settled: over && !mayTurnLive }
}

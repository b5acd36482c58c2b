import type { EntityManager } from 'typeorm'
import { messageOf } from '../error.ts'
import type { Engine } from '../ports.ts'
import type { Bot } from '../records/bot.ts'
import { changeOperation, type Operation, operationById } from '../records/operation.ts'
import { type StepName, StepSchema } from '../records/step.ts'
import { redact, type Secret } from '../secret.ts'
import { Cancelled } from './end-reasons.ts'

/** One operation while it is carried out. */
export type Run = {
  engine: Engine
  operation: Operation
  bot: Bot
  /** Values that must not appear in anything that is written down. */
  secrets: readonly Secret[]
  signal: AbortSignal
}

type Work<T> = {
  name: StepName
  /** What it is about, for people to read. */
  about?: string
  /** `say` writes down what it is at, in the place of that. */
  act: (say: (detail: string) => Promise<void>) => Promise<T>
  /** What it came to, for people to read; written down with its end. */
  found?: (result: T) => string
  /** Further changes of state that belong to the end of this step, in the same transaction. */
  commit?: (entities: EntityManager, result: T) => Promise<void>
}

/** Writes the step down as begun, does it, and writes its end down: the journal is always ahead of the world. */
export const step = async <T>(run: Run, { name, about, act, found, commit }: Work<T>): Promise<T> => {
  run.signal.throwIfAborted()
  const id = await begin(run, name, about)
  try {
    const result = await act((detail) => change(run, id, { detail: redact(detail, run.secrets) }))
    const detail = found && { detail: redact(found(result), run.secrets) }
    const end = { state: 'done' as const, endedAt: run.engine.clock.now(), ...detail }
    await change(run, id, end, (entities) => commit?.(entities, result))
    run.engine.changes.emit({ operation: run.operation.id, step: name, edge: 'after' })
    return result
  } catch (error) {
    const detail = redact(messageOf(error), run.secrets).slice(0, 500)
    await change(run, id, { state: 'failed', endedAt: run.engine.clock.now(), detail }).catch((err) => {
      run.engine.log.warn({ err, step: name }, 'that a step failed could not be written down')
    })
    throw error
  }
}

const begin = async (run: Run, name: StepName, detail: string | null = null): Promise<number> => {
  const { engine, operation } = run
  const { id } = await engine.database.transaction(async (entities) => {
    await heedCancel(run, entities)
    await changeOperation(entities, operation.id, {})
    const row = { operationId: operation.id, name, state: 'started' as const, detail, endedAt: null }
    return entities.save(StepSchema, { ...row, startedAt: engine.clock.now() })
  })
  engine.changes.emit({ operation: operation.id, step: name, edge: 'before' })
  return id
}

/**
 * Whoever cancelled was told that it stops, and Redis may be too slow to tell this process. What nothing cancels any
 * more has a signal of its own.
 */
export const heedCancel = async ({ engine, operation, signal }: Run, entities: EntityManager): Promise<void> => {
  const { id } = operation
  const asked = (await operationById(entities, id))?.cancelRequested
  if (asked) engine.running.controllers.get(id)?.abort(new Cancelled())
  signal.throwIfAborted()
}

const change = async (
  { engine, operation }: Run,
  id: number,
  values: { state?: 'done' | 'failed'; detail?: string; endedAt?: number },
  more?: (entities: EntityManager) => Promise<void> | undefined,
): Promise<void> => {
  await engine.database.transaction(async (entities) => {
    await entities.update(StepSchema, { id }, values)
    await changeOperation(entities, operation.id, {})
    await more?.(entities)
  })
  engine.changes.emit({ operation: operation.id })
}

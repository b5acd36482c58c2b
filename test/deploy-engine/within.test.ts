import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { within } from '../../deploy-engine/within.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

test('what takes too long is aborted, and says so', async () => {
  const late = within(undefined, untilAborted, 3_000)
  const said = expect(late).rejects.toMatchObject({ name: 'TimeoutError' })
  await vi.advanceTimersByTimeAsync(3_000)
  await said
})

test('what is in time leaves neither a timer nor a listener behind', async () => {
  const { signal } = new AbortController()
  const added = vi.spyOn(signal, 'addEventListener')
  const removed = vi.spyOn(signal, 'removeEventListener')
  expect(await within(signal, async () => 'done', 3_000)).toBe('done')
  await expect(within(signal, () => Promise.reject(new Error('failed')), 3_000)).rejects.toThrow('failed')
  expect(vi.getTimerCount()).toBe(0)
  expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(added.mock.calls.map(([, listener]) => listener))
})

test('an abort from outside comes through with its reason, one from before too', async () => {
  const stop = new AbortController()
  const working = within(stop.signal, untilAborted, 3_000)
  stop.abort(new Error('stopped'))
  await expect(working).rejects.toThrow('stopped')
  await within(stop.signal, async (own) => expect(own.reason).toMatchObject({ message: 'stopped' }))
})

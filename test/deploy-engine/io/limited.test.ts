import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { limited } from '../../../deploy-engine/io/limited.ts'
import { within } from '../../../deploy-engine/within.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

test('what takes too long is aborted, and says so', async () => {
  const late = limited(3_000, undefined, untilAborted)
  const said = expect(late).rejects.toMatchObject({ name: 'TimeoutError' })
  await vi.advanceTimersByTimeAsync(3_000)
  await said
})

test('what is in time leaves neither a timer nor a listener behind', async () => {
  const { signal } = new AbortController()
  const added = vi.spyOn(signal, 'addEventListener')
  const removed = vi.spyOn(signal, 'removeEventListener')
  expect(await limited(3_000, signal, async () => 'done')).toBe('done')
  await expect(limited(3_000, signal, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  expect(vi.getTimerCount()).toBe(0)
  expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(added.mock.calls.map(([, listener]) => listener))
})

test('an abort from outside comes through with its reason, one from before too', async () => {
  const stop = new AbortController()
  const working = limited(3_000, stop.signal, untilAborted)
  stop.abort(new Error('stopped'))
  await expect(working).rejects.toThrow('stopped')
  await within(stop.signal, async (own) => expect(own.reason).toMatchObject({ message: 'stopped' }))
})

import { expect, test } from 'vitest'
import { imageHealth } from '../../../deploy-engine/container/ask-health.ts'

const failed = (at: number) => ({ health: 'unhealthy' as const, lastCheck: { at, exitCode: 1, output: 'no' } })

test('a check that failed while its container was frozen is no sign, a later one is', () => {
  expect(imageHealth(failed(1_000), { hidden: [], resumedAt: 1_500 })).toBeUndefined()
  expect(imageHealth(failed(2_000), { hidden: [], resumedAt: 1_500 })).toMatchObject({ ok: false })
  expect(imageHealth(failed(1_000), { hidden: [] })).toMatchObject({ ok: false })
  expect(imageHealth({ health: 'healthy' }, { hidden: [], resumedAt: 1_500 })).toMatchObject({ ok: true })
})

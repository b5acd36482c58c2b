import { expect, test } from 'vitest'
import type { LogPart } from '../../deploy-engine/index.ts'
import { logText } from '../../manager-bot/log-text.ts'

const NOW = Date.UTC(2026, 0, 1)

const part = (release: number, current: boolean, minutesAgo: number): LogPart => ({
  release,
  current,
  lines: ['one', 'two'].map((text) => ({ at: NOW - minutesAgo * 60_000, text: `${text} of v${release}` })),
})

test('what one container printed is shown as it is', () => {
  expect(logText([part(2, true, 1)], NOW)).toBe('one of v2\ntwo of v2')
})

test('lines of several are told apart by lines that name the release', () => {
  expect(logText([part(1, false, 130), part(2, true, 0)], NOW)).toBe(
    '— v1, 2 h ago —\none of v1\ntwo of v1\n— v2, just now —\none of v2\ntwo of v2',
  )
  expect(logText([part(1, false, 5)], NOW)).toBe('— v1, 5 min ago —\none of v1\ntwo of v1')
})

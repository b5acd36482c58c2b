import { expect, test } from 'vitest'
import type { BackupView } from '../../deploy-engine/index.ts'
import { backupData, backupLines } from '../../manager-bot/backup-text.ts'
import { toPlain } from '../../manager-bot/text/plain.ts'

const HOUR = 3600_000
const NOW = 1_800_000_000_000

const view = (given: Partial<BackupView>): BackupView => ({
  ...{ id: 12, botId: 1, botName: 'my-bot', bot: 'my-bot', telegramId: 1, file: 'backups/f', path: '/d/backups/f' },
  ...{ bytes: 2048, sha256: 'x', cause: 'asked', release: 1, createdAt: NOW - 72 * HOUR, state: 'good', copies: [] },
  ...{ checkedAt: null, fault: null },
  ...given,
})

test('each says when it was last verified, or why it can’t be restored', () => {
  const first = (given: Partial<BackupView>) => toPlain(backupLines([view(given)], NOW)).split('\n')[0]
  expect(first({})).toBe('12 · 3 d ago · 3 KB · asked for · not verified yet')
  expect(first({ checkedAt: NOW - 49 * HOUR })).toMatch(/ · verified 2 d ago$/)
  expect(first({ state: 'gone', fault: 'x' })).toMatch(/ · its file is gone$/)
  expect(first({ state: 'damaged', fault: 'it was altered' })).toMatch(/ · damaged: it was altered$/)
  expect(first({ fault: 'no key' })).toMatch(/ · can’t be read: no key$/)
  expect(backupData(view({ checkedAt: NOW }))).toMatchObject({ verifiedAt: '2027-01-15T08:00:00.000Z', fault: null })
})

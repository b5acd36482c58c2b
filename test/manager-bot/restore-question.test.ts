import { expect, test } from 'vitest'
import type { Bot, Release, RestorePreview } from '../../deploy-engine/index.ts'
import { restoreQuestion, undoQuestion } from '../../manager-bot/restore-question.ts'
import { toPlain } from '../../manager-bot/text/plain.ts'

const backup = {
  ...{
    id: 12,
    bot: 'my-bot',
    createdAt: Date.UTC(2026, 10, 28, 3),
    bytes: 5 * 1024 * 1024,
    release: 7,
    cause: 'schedule',
  },
  ...{ file: 'backups/my-bot/x.tar.gz.age' },
} as RestorePreview['backup']
const bot = { name: 'my-bot' } as Bot
const active = { number: 9 } as Release

test('says what comes back, from when, and what becomes of what is there', () => {
  const { text, no, input } = restoreQuestion('my-bot', { backup, bot, active }, false)
  expect(toPlain(text)).toBe(
    [
      'Restore my-bot from backup 12?',
      'Made 2026-11-28 03:00 UTC, by schedule, 5 MB, with v7',
      'backups/my-bot/x.tar.gz.age',
      'v9 is stopped only when all is unpacked and checked.',
      'Token, secrets and settings stay those of today. What there is now is backed up before.',
      'The data of now is kept for 24 hours: /restore my-bot undo',
    ].join('\n'),
  )
  expect(no).toBe('Keep v9 and its data')
  expect(input).toEqual({ bot: 'my-bot', backup: '12' })
})

test('tells a bot that is registered anew, another one’s backup, and that there is none before', () => {
  const anew = toPlain(restoreQuestion('my-bot', { backup, bot: undefined, active: undefined }, false).text)
  expect(anew).toContain('There is no bot my-bot now: it is registered anew')
  const twin = restoreQuestion('twin', { backup, bot, active: undefined }, true)
  expect(toPlain(twin.text)).toContain('Restore twin from backup 12 of my-bot?')
  expect(toPlain(twin.text)).toContain('What there is now is not backed up before.')
  expect(twin.input).toEqual({ bot: 'twin', backup: '12', nobackup: 'yes' })
  expect(undoQuestion('my-bot').input).toEqual({ bot: 'my-bot', backup: 'undo' })
})

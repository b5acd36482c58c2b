import { describe, expect, test } from 'vitest'
import type { Incident, IncidentDetail, IncidentView, Release } from '../../deploy-engine/index.ts'
import { exitMeaning, exitName } from '../../manager-bot/exit-text.ts'
import { incidentHeadline } from '../../manager-bot/incident-headline.ts'
import { incidentOffers } from '../../manager-bot/incident-offers.ts'
import { doneShort, incidentText, overText, reminderText } from '../../manager-bot/incident-text.ts'
import { toHtml } from '../../manager-bot/text/html.ts'
import { toPlain } from '../../manager-bot/text/plain.ts'
import { addedBot } from './added-bot.ts'

const AT = Date.parse('2026-03-14T14:02:10Z')
const MINUTE = 60_000
const CALENDAR = { timezone: 'UTC', day: AT }
const RELEASE = { sha: '3f2c1ab'.padEnd(40, '0'), subject: 'Greet', number: 7 } as Release

const view = (
  { detail = {}, ...incident }: Partial<Incident> & { detail?: IncidentDetail } = {},
  more: Partial<IncidentView> = {},
): IncidentView => ({
  incident: {
    id: 3,
    botId: 1,
    kind: 'crash',
    fingerprint: 'x',
    state: 'open',
    count: 1,
    firstAt: AT,
    lastAt: AT,
    endedAt: null,
    reopened: 0,
    detail,
    revision: 1,
    ackedBy: null,
    partOf: null,
    ...incident,
  },
  bot: addedBot('my-bot'),
  ...more,
})

const host = (incident: Partial<Incident>): IncidentView => ({ incident: view({ ...incident, kind: 'host' }).incident })

const text = (of: IncidentView, takenBy?: string) => toPlain(incidentText(of, { calendar: CALENDAR, takenBy }))

const headline = (incident: Partial<Incident>) => incidentHeadline(view(incident), CALENDAR)

describe('what happened, as one reads it on a locked phone', () => {
  const hold = { container: 'c', tries: 0, nextTryAt: AT + 5 * MINUTE }
  test.each<[string, Partial<Incident>]>([
    ['my-bot crashed: exit code 1', { detail: { exitCode: 1 } }],
    ['my-bot crashed 4 times: exit code 1', { detail: { exitCode: 1 }, count: 4 }],
    ['my-bot crashed: exit code 139 (SIGSEGV)', { detail: { exitCode: 139 } }],
    ['my-bot crashed', {}],
    ['my-bot ended by itself: exit code 0', { detail: { exitCode: 0 } }],
    ['my-bot crashes over and over: exit code 1', { kind: 'crash_loop', detail: { exitCode: 1 } }],
    ['my-bot crashes over and over: stopped, next try at 14:07', { kind: 'crash_loop', detail: { exitCode: 1, hold } }],
    ['my-bot crashes over and over: on trial', { kind: 'crash_loop', detail: { hold: { ...hold, nextTryAt: null } } }],
    [
      'my-bot crashes over and over: went back to v6',
      { kind: 'crash_loop', detail: { exitCode: 1, rolledBack: { release: 6, operation: 12 } } },
    ],
    [
      'my-bot was killed for want of memory (512 MB)',
      { kind: 'out_of_memory', detail: { exitCode: 137, memoryLimitBytes: 512 * 1024 ** 2 } },
    ],
    ['my-bot was killed 3 times for want of memory', { kind: 'out_of_memory', count: 3 }],
    ['my-bot does not start: exit code 127', { kind: 'start_failure', detail: { exitCode: 127 } }],
    ['my-bot was stopped from outside', { kind: 'stopped', detail: { exitCode: 137 } }],
    ['my-bot is gone: its container was removed from outside', { kind: 'gone' }],
    ['my-bot is unhealthy: its health check fails', { kind: 'unhealthy' }],
    ['my-bot does not take its updates: 12 wait', { kind: 'deaf', detail: { waiting: 12 } }],
    ['my-bot does not ask Telegram for updates', { kind: 'deaf' }],
    ['Telegram refuses the token of my-bot', { kind: 'token' }],
    ['Another program takes the updates of my-bot', { kind: 'conflict' }],
    ['Disk almost full: 1.2 GB free', { kind: 'host', detail: { found: 'Disk almost full: 1.2 GB free.' } }],
    ['Something is wrong with the server', { kind: 'host' }],
  ])('%s', (said, incident) => expect(headline(incident)).toBe(said))
})

test.each([
  [0, 'exit code 0', 'it ended by itself, without an error'],
  [1, 'exit code 1', 'it ended for an error that it did not handle'],
  [126, 'exit code 126', 'its command can’t be executed'],
  [127, 'exit code 127', 'its command was not found'],
  [134, 'exit code 134 (SIGABRT)', 'it gave up by itself'],
  [137, 'exit code 137 (SIGKILL)', 'it was killed'],
  [139, 'exit code 139 (SIGSEGV)', 'it reached for memory that is not its own'],
  [143, 'exit code 143 (SIGTERM)', 'it was told to end'],
  [42, 'exit code 42', undefined],
  [255, 'exit code 255', undefined],
])('%d in words', (exitCode, name, meaning) => {
  expect(exitName(exitCode)).toBe(name)
  expect(exitMeaning(exitCode)).toBe(meaning)
})

test('all that one needs in order to act', () => {
  const detail = {
    release: 7,
    lastGood: 6,
    exitCode: 139,
    uptimeMs: 182_000,
    memoryBytes: 180 * 1024 ** 2,
    memoryLimitBytes: 512 * 1024 ** 2,
    logLines: Array.from({ length: 25 }, (_, number) => `line ${number}`),
    hint: 'See the file /app/data/bot.log',
  }
  const said = text(view({ detail, count: 5, lastAt: AT + 29 * MINUTE }, { release: RELEASE }))
  expect(said.split('\n').slice(0, 8)).toEqual([
    'my-bot crashed 5 times: exit code 139 (SIGSEGV)',
    '5 times since 14:02, last at 14:31 · incident 3',
    'Exit code 139 (SIGSEGV): it reached for memory that is not its own',
    'It had run for 3 min 2 s, with 180 MB of 512 MB of memory',
    'Release v7 (3f2c1ab “Greet”) · last good: v6',
    'See the file /app/data/bot.log',
    'It printed last:',
    'line 5',
  ])
  expect(said).toMatch(/line 24$/)
})

test('times are the server’s; another day than the message’s has its date', () => {
  const calendar = { timezone: 'Asia/Tokyo', day: AT }
  const later = view({ count: 2, lastAt: AT + 60 * MINUTE })
  expect(toPlain(incidentText(later, { calendar }))).toContain('2 times since 23:02, last at 15 Mar, 00:02')
})

test('what the manager does about it', () => {
  const hold = { container: 'c', tries: 2, nextTryAt: AT + 15 * MINUTE }
  const held = view({ kind: 'crash_loop', detail: { hold } })
  expect(text(held)).toContain('I keep it stopped, since it only ends again. Next try at 14:17. Tried 2 times so far.')
  const trial = view({ kind: 'crash_loop', detail: { hold: { ...hold, tries: 1, nextTryAt: null } } })
  expect(text(trial)).toContain('I had stopped it, since it only ended again; now it is tried. Tried once so far.')
  const back = view({ kind: 'crash_loop', detail: { rolledBack: { release: 6, operation: 12 } } })
  expect(text(back)).toContain('I went back to v6 by #12.')
  expect(doneShort(back.incident, CALENDAR)).toEqual(['went back to v6 by #12'])
  const deaf = view({ kind: 'deaf', detail: { waiting: 2, restartedAt: AT + MINUTE, found: 'It sends nothing.' } })
  expect(text(deaf)).toContain('It sends nothing.\nI restarted it at 14:03.')
})

test('who takes care, and until when it is muted; neither once it is over', () => {
  const mute = { id: 1, botId: 1, until: AT + 60 * MINUTE, mutedBy: 'telegram:42' }
  const open = view({ ackedBy: 'telegram:42' }, { mute })
  expect(text(open, '@olga')).toContain('@olga takes care of it\nMuted until 15:02')
  const over = view({ ackedBy: 'telegram:42', state: 'ended', endedAt: AT }, { mute })
  expect(text(over, '@olga')).not.toMatch(/takes care|Muted/)
})

test('the server: what was found, and whom it is about', () => {
  const bots = Array.from({ length: 12 }, (_, number) => `bot-${number}`)
  const said = text(host({ detail: { found: '12 bots ended within a minute.', bots, hint: 'Nobody is to blame.' } }))
  expect(said.split('\n')).toEqual([
    '12 bots ended within a minute',
    'Since 14:02 · incident 3',
    'Bots: bot-0, bot-1, bot-2, bot-3, bot-4, bot-5, bot-6, bot-7, bot-8, bot-9 and 2 more',
    'Nobody is to blame.',
  ])
})

test('over: since when, how long, how often, why', () => {
  const detail = { exitCode: 1, end: 'fine for 10 minutes', hint: 'Do something' }
  const ended = { state: 'ended' as const, endedAt: AT + 23 * MINUTE + 20_000, detail }
  const said = text(view({ ...ended, count: 5, reopened: 2 }))
  expect(said.split('\n').slice(0, 2)).toEqual([
    '✓ over: my-bot crashed 5 times: exit code 1',
    '14:02 to 14:25 (23 min), 5 times, came back 2 times: fine for 10 minutes · incident 3',
  ])
  expect(said).not.toContain('Do something')
  expect(toPlain(overText(view(ended)))).toBe('my-bot — over: fine for 10 minutes')
  expect(toPlain(overText(host(ended)))).toBe('The server — over: fine for 10 minutes')
})

test('the reminder stands for itself', () => {
  expect(toPlain(reminderText(view({ detail: { exitCode: 1 } }), CALENDAR))).toBe(
    'Not over yet: my-bot crashed: exit code 1. Since 14:02.',
  )
})

test('the first line is bold, the log is folded; too long a log loses its beginning, not the rest', () => {
  const logLines = Array.from({ length: 20 }, (_, number) => `${number} ${'<x>'.repeat(200)}`)
  const html = toHtml(incidentText(view({ detail: { exitCode: 1, logLines } }), { calendar: CALENDAR }))
  expect(html).toMatch(/^<b>my-bot crashed: exit code 1<\/b>\n/)
  expect(html).toMatch(
    /It printed last:\n<blockquote expandable>…\n\d+ (&lt;x&gt;)+\n[\s\S]*19 (&lt;x&gt;)+<\/blockquote>$/,
  )
  expect(html.replace(/<[^>]+>/g, '').replace(/&[lg]t;/g, '.').length).toBeLessThanOrEqual(4096)
})

describe('buttons', () => {
  const labels = (of: IncidentView) => incidentOffers(of).map((row) => [row].flat().map(({ label }) => label))
  const mute = { id: 1, botId: 1, until: AT, mutedBy: 'x' }

  test.each<[string, IncidentView, string[][]]>([
    [
      'a crash',
      view(),
      [
        ['Logs', 'Restart'],
        ['Mute 1 h', 'Ack'],
      ],
    ],
    [
      'with a last good release',
      view({ detail: { lastGood: 6 } }),
      [
        ['Logs', 'Restart', 'Roll back'],
        ['Mute 1 h', 'Ack'],
      ],
    ],
    ['taken care of', view({ ackedBy: 'x' }), [['Logs', 'Restart'], ['Mute 1 h']]],
    [
      'muted',
      view({}, { mute }),
      [
        ['Logs', 'Restart'],
        ['Unmute', 'Ack'],
      ],
    ],
    ['stopped', view({ kind: 'stopped' }), [['Run', 'Logs']]],
    ['of the server', host({}), [['Mute 1 h', 'Ack']]],
    ['over', view({ state: 'ended', detail: { lastGood: 6 } }), [['Logs']]],
    ['of the server, over', host({ state: 'ended' }), []],
    ['of a bot that was removed', view({ state: 'ended' }, { bot: { ...addedBot('my-bot'), removedAt: AT } }), []],
  ])('%s', (_, of, wanted) => expect(labels(of)).toEqual(wanted))
})

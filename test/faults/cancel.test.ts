import { execFile } from 'node:child_process'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addIdleBot, type DeployedBot, deployedBot, QUICK } from '../helpers/deployed-bot.ts'
import { freshChats } from '../helpers/fresh-chats.ts'
import { journalSays, lastStep, rows } from '../helpers/journal.ts'
import { sampled } from '../helpers/sampled.ts'
import { onlyRuns, truth } from '../helpers/truth.ts'

// /cancel in every step: what it asks for is stopped, and the version before it answers, within 2 s.

const run = promisify(execFile)

/** The promise is 2 s; a machine that does other things at the same time is forgiven this much. */
const SOON_MS = 5_000
const TOO_LATE = /can’t be cancelled any more|Nothing is queued or running/
const ENDED = /Cancelled\.|is live|Not deployed/
const dockerfile = (command: string) =>
  `FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY . .\nRUN ${command}\nCMD ["node", "bot.js"]\n`

let my: DeployedBot
let base = 1

let somebody: () => number
const measured: string[] = []

beforeAll(async () => {
  my = await deployedBot()
  somebody = await freshChats(my.here, 30)
})

afterAll(async () => {
  console.log(measured.join('\n'))
  await my.here.close()
})

describe.sequential('a deploy is cancelled', () => {
  test('at the beginning of each step that an undisturbed one has', { timeout: 300_000 }, async () => {
    const { here } = my
    await my.branch('other', { says: 'base' })
    const before = await lastStep(here.dataDir)
    await my.deploy('other')
    base = 2
    const steps = await rows<{ name: string }>(here.dataDir, 'SELECT name FROM steps WHERE id > ?', [before])
    for (const { name } of sampled(steps)) {
      await my.branch('next', { says: 'base' }, { 'for.txt': name })
      const { reply, final } = await cancelIn(name, 'next')
      const late = TOO_LATE.test(reply)
      expect(final, name).toMatch(late ? /is live/ : /^Deploy of my-bot at next cancelled.*Cancelled\./s)
      if (late) base = Number(/v(\d+) /.exec(final)?.[1])
      expect(late, name).toBe(name === 'record' || name === 'prune')
      await expectBase(name)
    }
  })

  test('in a fetch that hangs', async () => {
    // git's side of the repository waits here until somebody writes into it.
    const pipe = join(my.repo.directory, '.git/packed-refs')
    await my.branch('next', { says: 'never' })
    await run('git', ['pack-refs', '--all'], { cwd: my.repo.directory })
    const refs = await readFile(pipe)
    await rm(pipe)
    await run('mkfifo', [pipe])
    try {
      const { final } = await cancelIn('fetch', 'next', 500)
      expect(final).toMatch(/Cancelled\. v\d+ runs on, untouched/)
      await expectBase('a fetch that hangs')
    } finally {
      await run('timeout', ['1', 'sh', '-c', ': > "$1"', 'sh', pipe]).catch(() => undefined)
      await rm(pipe)
      await writeFile(pipe, refs)
    }
    expect(await programsOf('git', my.here.directory)).toEqual([])
  })

  test('in a build', async () => {
    await my.branch('next', { says: 'never' }, { Dockerfile: dockerfile('sleep 60') })
    const { final } = await cancelIn('build', 'next', 1_500)
    expect(final).toMatch(/Cancelled\. v\d+ runs on, untouched/)
    await expectBase('a build')
  })

  test('in a preparation that waits for Telegram', async () => {
    await my.branch('next', { says: 'never' })
    const mend = my.here.sandbox.fail({ method: 'getMe', hang: true })
    const { final } = await cancelIn('prepare', 'next', 300)
    mend()
    expect(final).toMatch(/Cancelled\. v\d+ runs on, untouched/)
    await expectBase('prepare')
  })

  test('in a gate that waits', async () => {
    await my.branch('next', { says: 'never', deaf: true })
    const { final } = await cancelIn('gate', 'next', 1_000)
    expect(final).toMatch(/Cancelled\. v\d+ was put back and is running/)
    await expectBase('a gate')
  })

  test('in a gate command that hangs', async () => {
    const gate = { 'tbs.yaml': 'gate: { ready: 40s, stable: 1s, command: "sleep 50" }\n' }
    await my.branch('next', { says: 'never' }, gate)
    const { final } = await cancelIn('gate', 'next', 4_000)
    expect(final).toMatch(/Cancelled\. v\d+ was put back and is running/)
    await expectBase('a gate command')
  })

  test('while it is put back anyway: too late, and the reason is kept', async () => {
    await my.branch('next', { says: 'never', crash: 'at once' })
    const { reply, final } = await cancelIn('undo', 'next')
    expect(reply).toMatch(/can’t be cancelled any more/)
    expect(final).toMatch(/Not deployed: .*exited with code 1.*v\d+ was put back and is running/s)
    await expectBase('undo')
  })

  test('in the stop of a version that ignores SIGTERM and has 30 s: it is killed and started again', async () => {
    const slow = { 'tbs.yaml': `run: { stop_grace: 30s }\n${QUICK['tbs.yaml']}` }
    await my.branch('slow', { says: 'base', ignoresSigterm: true }, slow)
    base = Number(/v(\d+) /.exec(await my.deploy('slow'))?.[1])
    await my.branch('next', { says: 'never' })
    const { final } = await cancelIn('stop', 'next', 500)
    expect(final).toMatch(/Cancelled\. v\d+ was put back and is running/)
    await expectBase('stop')
  })
})

test('of two bots that build, one is cancelled and the other goes on', { timeout: 120_000 }, async () => {
  const other = await addIdleBot(my.here, 'other-bot', { says: 'other' })
  await other.branch('slow', { says: 'other' }, { Dockerfile: dockerfile('sleep 8') })
  await my.branch('slow-build', { says: 'never' }, { Dockerfile: dockerfile('sleep 60') })
  const { here } = my

  const [one, two, three] = [somebody(), somebody(), somebody()]
  const first = here.say('/deploy other-bot slow', one)
  await here.reads(/▸ Build/, { after: first, person: one })
  const waits = await cancelIn('build', 'slow-build', 2_500)
  expect(waits.shown).toContain('waits for another build')
  expect(waits.final).toMatch(/Cancelled\. v\d+ runs on, untouched/)
  const live = /v1 .* is live/
  await here.whileTalkingTo(other.bot, here.reads(live, { after: first, person: one, timeout: 120_000 }))

  const before = await lastStep(here.dataDir)
  const long = here.say('/deploy my-bot slow-build', two)
  await journalSays(here.dataDir, { name: 'build', state: 'started' }, before)
  await other.branch('slow', { says: 'other 2' }, { Dockerfile: dockerfile('sleep 1') })
  const second = here.say('/deploy other-bot slow', three)
  await here.reads(/waits for another build/, { after: second, person: three })
  here.say('/cancel my-bot', two)
  await here.reads(/Cancelled\./, { after: long, person: two, timeout: SOON_MS })
  await here.whileTalkingTo(other.bot, here.reads(/v2 .* is live/, { after: second, person: three, timeout: 120_000 }))
  expect(await other.ask('and now')).toBe('other 2')
  await expectBase('two bots')
})

test('what is queued is over at once; what is not there is said', async () => {
  const { here } = my
  const person = somebody()
  await my.branch('next', { says: 'never', deaf: true })
  const before = await lastStep(here.dataDir)
  const running = here.say('/deploy my-bot next', person)
  await journalSays(here.dataDir, { name: 'fetch', state: 'done' }, before)
  const queued = here.say('/deploy my-bot main', person)
  await here.reads(/Queued; one operation first/, { after: queued, person })
  const asked = here.say('/cancel my-bot', person)
  const reply = await here.reads(/had not begun/, { after: asked, person })
  expect(reply.text).toMatch(/^#\d+ of my-bot is cancelled; it had not begun\.\n#\d+ of my-bot is being stopped\.$/)
  await here.reads(/^Deploy of my-bot at main cancelled/, { after: queued, person, timeout: SOON_MS })
  await here.reads(/^Deploy of my-bot at next cancelled/, { after: running, person, timeout: SOON_MS })
  await expectBase('queued')

  const again = here.say('/cancel my-bot', person)
  await here.reads(/Nothing is queued or running for my-bot/, { after: again, person })
})

/** Deploys, waits for the beginning of a step (and some ms more), cancels, and waits for the end. */
const cancelIn = async (name: string, ref: string, moreMs = 0) => {
  const { here, bot } = my
  const person = somebody()
  const before = await lastStep(here.dataDir)
  const asked = here.say(`/deploy my-bot ${ref}`, person)
  const begins = journalSays(here.dataDir, { name, state: 'started' }, before)
  await here.whileTalkingTo(bot, begins)
  // What is to be interrupted has to be under way: no event tells that.
  await new Promise((resolve) => setTimeout(resolve, moreMs))
  const shown = here.sandbox
    .conversation(here.manager.username, person)
    .flatMap(({ message_id, text }) => (message_id > asked.message_id ? [text] : []))
    .join('\n')
  const cancelled = here.say('/cancel my-bot', person)
  const began = Date.now()
  const final = await here.whileTalkingTo(bot, here.reads(ENDED, { after: asked, person }))
  const finalMs = Date.now() - began
  await my.ask(`after ${name} ${before}`)
  const answerMs = Date.now() - began
  measured.push(`/cancel in ${name}: said so after ${finalMs} ms, a version answers after ${answerMs} ms`)
  const reply = await here.reads(/being stopped|be cancelled any more|Nothing is queued/, { after: cancelled, person })
  if (!TOO_LATE.test(reply.text)) expect(answerMs, name).toBeLessThan(SOON_MS)
  return { reply: reply.text, final: final.text, shown }
}

const expectBase = async (when: string) => {
  expect(await truth(my), when).toEqual(onlyRuns('base', base))
}

/** Command lines of running programs of that name that have to do with a directory. */
const programsOf = async (name: string, directory: string): Promise<string[]> => {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return lines
    .map((line) => line.replaceAll('\0', ' ').trim())
    .filter((line) => line.includes(name) && line.includes(directory))
}

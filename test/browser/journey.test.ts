import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Locator, type Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest'
import { type ChatOnPage, chatOnPage, textOf } from '../helpers/chat-on-page.ts'
import { CHROMIUM, DESKTOP, PHONE } from '../helpers/chromium.ts'
import { type DemoProcess, startDemo } from '../helpers/demo-process.ts'
import { docker, objectsOf, removeAll } from '../helpers/docker.ts'
import { keepWriting } from '../helpers/keep-writing.ts'
import { visit } from '../helpers/visit.ts'

const SHOTS = join(import.meta.dirname, '../../test-output')
const MANAGER = 'tbs-manager'
const ECHO = 'Echo'
const OPERATION_MS = 90_000
// 5 s are promised and about 2 s are measured, on a machine that does nothing else; a loaded one is slower.
const LOADED_MS = 15_000

const instance = `tbs-tb${randomBytes(4).toString('hex')}`
let directory: string
let env: NodeJS.ProcessEnv
let browser: Browser
let demo: DemoProcess
let page: Page
let chat: ChatOnPage
let failed = false

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-journey-'))
  env = { ...process.env, TBS_INSTANCE: instance, TBS_DATA_DIR: join(directory, 'data') }
  await mkdir(SHOTS, { recursive: true })
  browser = await chromium.launch(CHROMIUM)
})

afterAll(async () => {
  await browser?.close()
  await demo?.kill()
  await removeAll(instance)
  await rm(directory, { recursive: true, force: true, maxRetries: 5 })
})

// The steps build on each other: after one that failed, the others would only fail more slowly.
beforeEach(({ skip }) => {
  skip(failed, 'an earlier step of the journey failed')
  onTestFailed(async () => {
    failed = true
    await page?.screenshot({ path: join(SHOTS, 'journey-failed.png') }).catch(() => {})
    console.error(demo?.output().slice(-5_000))
  })
})

describe.sequential('the journey of somebody with a fresh clone', { timeout: 240_000 }, () => {
  test('the demo prints where to go, and a manager that answers is there', async ({ annotate }) => {
    demo = await startDemo(env, '--fresh')
    await annotate(`the URL after ${demo.startedInMs} ms`)
    expect(demo.startedInMs).toBeLessThan(LOADED_MS)
    page = await (await browser.newContext({ viewport: DESKTOP })).newPage()
    chat = chatOnPage(page)
    await visit(page, demo.url)
    await chat.open(MANAGER)
    await page.getByRole('log').getByText('/deploy').first().waitFor()
    await shot('01-first-look')
  })

  test('the command menu opens on / and writes the command', async () => {
    const input = page.getByRole('textbox', { name: 'Message' })
    await input.pressSequentially('/')
    await page.getByRole('option', { name: /^\/deploy Build/ }).waitFor()
    await shot('02-command-menu')
    await onPhone('02-command-menu', async (phone) => {
      await phone.getByRole('textbox', { name: 'Message' }).pressSequentially('/')
      await phone.getByRole('option', { name: /^\/deploy Build/ }).waitFor()
    })
    await input.pressSequentially('dep')
    await page.keyboard.press('Enter')
    expect(await input.inputValue()).toBe('/deploy ')
    await input.fill('')
  })

  test('/deploy echo-bot main ends live, in one message that was edited', async () => {
    const replies = await chat.write('/deploy echo-bot main')
    const id = await replies.first().getAttribute('data-message-id')
    await replies.getByText('▸ See it work').waitFor({ timeout: OPERATION_MS })
    await shot('03-see-it-work')
    await onPhone('03-see-it-work')
    await chat.open(ECHO)
    await shot('04-start')
    await page.getByRole('button', { name: 'Start' }).click()
    await page.getByRole('log').getByText('I am echo-bot').waitFor({ timeout: 60_000 })
    await chat.open(MANAGER)
    const text = await whileSomebodyWrites(() => endOf(replies))
    expect(text).toMatch(/^Deployed echo-bot at main · #1$/m)
    expect(text).toMatch(/^v1 \([0-9a-f]{7} “.+”\) is live\.$/m)
    expect(stepsIn(text)).toEqual(['Fetch', 'Find', 'Build', 'Prepare', 'Start', 'See', 'Record', 'Clean'])
    expect(await replies.count()).toBe(1)
    expect(await replies.getAttribute('data-message-id')).toBe(id)
    expect(await replies.locator('.edited').isVisible()).toBe(true)
    expect(await running()).toEqual(['v1'])
    await shot('05-live')
    await replies.getByRole('button', { name: 'Show more' }).click()
    await shot('05-live-unfolded')
  })

  test('Echo answers', async () => {
    await chat.open(ECHO)
    await chat.ask('hello', /^echo: hello/)
    await shot('06-echo')
  })

  test('v2 takes over', async () => {
    const text = await deployed('v2')
    expect(text).toMatch(/^v2 \(.+\) is live\.$/m)
    await shot('07-v2-live')
    await echoIs('v2')
    await shot('08-echo-v2')
  })

  test.each([
    ['crashes', /exited with code 1\b/, /settings\.json has no greeting/],
    ['crashes-late', /exited with code 1\b/, /The connection to the database was lost/],
    ['deaf', /does not take its updates/, /echo-bot 1\.0\.0 answers as @echo_bot/],
  ])('%s is not deployed, and v2 goes on', async (branch, reason, printed) => {
    const text = await deployed(branch)
    expect(text).toMatch(new RegExp(`^Deploy of echo-bot at ${branch} failed`))
    expect(text).toMatch(reason)
    expect(text).toMatch(printed)
    expect(text).toMatch(/Not deployed: .* v2 was put back and is running\.$/m)
    expect(await running()).toEqual(['v2'])
    await shot(`09-${branch}`)
    if (branch === 'crashes') await onPhone(`09-${branch}`)
    await echoIs('v2')
    expect(await unanswered()).toEqual([])
  })

  test('broken-build is not deployed, v2 was never touched, and the whole log is there', async () => {
    const container = await runningIds()
    const text = await deployed('broken-build')
    expect(text).toMatch(/Not deployed: .* v2 runs on, untouched\.$/m)
    expect(text).toMatch(/error TS2551: Property 'lenght' does not exist[\s\S]+Found 2 errors/)
    expect(await runningIds()).toEqual(container)
    const link = page.getByRole('link', { name: /echo-bot-build-\d+\.log/ })
    await link.waitFor()
    await shot('10-broken-build')
    await onPhone('10-broken-build')
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()])
    expect(download.suggestedFilename()).toMatch(/^echo-bot-build-6\.log$/)
    expect(await readFile(await download.path(), 'utf8')).toMatch(/^Step 1\/\d+ : FROM[\s\S]+error TS2322[\s\S]+TS2551/)
    await echoIs('v2')
    expect(await unanswered()).toEqual([])
  })

  test('slow-stop goes live, and its stop takes the grace period and no more', async () => {
    expect(await deployed('slow-stop')).toMatch(/^v6 \(.+\) is live\.$/m)
    await shot('11-slow-stop')
    const text = await deployed('v2')
    expect(text).toMatch(/^v7 \(.+\) is live\.$/m)
    expect(text).toMatch(/^✓ Stop the old version · 1[01] s — v6$/m)
    expect(await running()).toEqual(['v7'])
    await shot('12-v2-again')
    await echoIs('v2')
    expect(await unanswered()).toEqual([])
  })

  test('/rollback says which version is live', async () => {
    await chat.open(MANAGER)
    const replies = await chat.write('/rollback echo-bot')
    await replies.filter({ hasText: 'Roll back from v7 to v6 of echo-bot?' }).waitFor()
    await shot('13-rollback-asks')
    await onPhone('13-rollback-asks')
    await replies.getByRole('button', { name: 'Roll back to v6' }).click()
    const text = await whileSomebodyWrites(() => endOf(replies))
    expect(text).toMatch(/^v6 \(.+\) is live\.$/m)
    expect(stepsIn(text)).not.toContain('Build')
    expect(await running()).toEqual(['v6'])
    await shot('13-rollback')
    await onPhone('13-rollback')
  })

  test('/logs, /releases, /status and /bots tell what is true', async () => {
    expect(await chat.ask('/logs echo-bot', 'the last')).toMatch(/echo-bot 1\.0\.0 answers as @echo_bot/)
    const releases = await chat.ask('/releases echo-bot', 'Releases of')
    expect(releases).toMatch(/^v7 .* · worked · /m)
    expect(releases).toMatch(/^v6 .* · live · /m)
    expect(releases).toMatch(/^v5 .* · failed · /m)
    expect(await chat.ask('/status echo-bot', 'Telegram:')).toMatch(/^echo-bot — live · up .*\n[\s\S]*^Release: v6, /m)
    expect(await chat.ask('/bots', 'echo-bot')).toMatch(/^🟢 echo-bot — live · v6 · up /)
    await shot('14-questions')
    await onPhone('14-questions')
  })

  test('SIGTERM stops bots, manager, Redis and page within 5 s', async ({ annotate }) => {
    const stoppedInMs = await demo.stop()
    await annotate(`gone after ${stoppedInMs} ms`)
    expect(stoppedInMs).toBeLessThan(LOADED_MS)
    expect(await running()).toEqual([])
    expect(() => process.kill(demo.redisPid, 0)).toThrow('ESRCH')
    await expect(fetch(demo.url)).rejects.toThrow()
    await page.getByText('Connection lost').waitFor()
    await shot('15-stopped')
  })

  test('the next start brings all back, and Echo answers without a deploy', async ({ annotate }) => {
    const { url } = demo
    demo = await startDemo(env)
    await annotate(`the URL after ${demo.startedInMs} ms`)
    expect(demo.startedInMs).toBeLessThan(LOADED_MS)
    expect(demo.url).toBe(url)
    await page.getByText('Connection lost').waitFor({ state: 'hidden', timeout: 20_000 })
    // What the page still knows of before is no proof.
    await visit(page, demo.url)
    await chat.open(MANAGER)
    await page.getByRole('log').getByText('Deployed echo-bot at main · #1').waitFor({ state: 'attached' })
    expect(await running()).toEqual(['v6'])
    await echoIs('main')
    await shot('16-back')
    expect(await demo.stop()).toBeLessThan(LOADED_MS)
  })

  test('what is left is found by its label and removed', async () => {
    await removeAll(instance)
    expect(Object.values(await objectsOf(instance)).flat()).toEqual([])
  })
})

/** Deploys a branch while somebody goes on writing to Echo. Gives the end of the operation's message. */
const deployed = async (branch: string): Promise<string> => {
  await chat.open(MANAGER)
  const replies = await chat.write(`/deploy echo-bot ${branch}`)
  return whileSomebodyWrites(() => endOf(replies))
}

// Waiting updates are what a version proves itself by, or fails at.
const whileSomebodyWrites = async (wait: () => Promise<string>): Promise<string> => {
  const stop = keepWriting(demo.url, 'echo_bot')
  try {
    return await wait()
  } finally {
    await stop()
  }
}

const endOf = async (replies: Locator): Promise<string> => {
  const over = replies.filter({ hasText: /is live\.|unproven\.|Not deployed|Not rolled back/ }).first()
  await over.waitFor({ timeout: OPERATION_MS })
  return textOf(over)
}

/** What the steps begin with, in order; all of them were done. */
const stepsIn = (text: string): string[] => [...text.matchAll(/^✓ (\w+)/gm)].map(([, word]) => word ?? '')

const echoIs = async (version: 'main' | 'v2'): Promise<void> => {
  await chat.open(ECHO)
  await chat.ask('hello', version === 'v2' ? /^echo v2: hello/ : /^echo: hello/)
}

/** What was written to Echo, the open chat, and not answered by any version. */
const unanswered = async (): Promise<string[]> => {
  const texts = (from: string) => page.getByRole('log').locator(`[data-from=${from}] .text`).allInnerTexts()
  const answers = (await texts('bot')).map((text) => text.replace(/^echo( v2)?: /, ''))
  return (await texts('me')).filter((text) => text !== '/start' && !answers.includes(text))
}

const runningContainers = () =>
  docker.listContainers({ filters: { label: [`tbs.instance=${instance}`, 'tbs.role=bot'] } })

const running = async (): Promise<string[]> =>
  (await runningContainers()).map(({ Labels }) => `v${Labels['tbs.release']}`)

const runningIds = async (): Promise<string[]> => (await runningContainers()).map(({ Id }) => Id)

const shot = (name: string) => page.screenshot({ path: join(SHOTS, `journey-${name}.png`) })

/** The manager's chat as a phone shows it. */
const onPhone = async (name: string, act: (phone: Page) => Promise<void> = async () => {}): Promise<void> => {
  const context = await browser.newContext({ viewport: PHONE, isMobile: true, hasTouch: true })
  try {
    const phone = await context.newPage()
    await visit(phone, demo.url)
    await chatOnPage(phone).open(MANAGER)
    await act(phone)
    await phone.screenshot({ path: join(SHOTS, `journey-phone-${name}.png`) })
  } finally {
    await context.close()
  }
}

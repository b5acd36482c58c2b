import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Locator, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openSandbox, type Sandbox, type SandboxBot } from '../../telegram-sandbox/index.ts'
import { CHROMIUM, DESKTOP, PHONE } from '../helpers/chromium.ts'
import { visit } from '../helpers/visit.ts'

const SHOTS = join(import.meta.dirname, '../../test-output')
const COMMANDS = [
  { command: 'deploy', description: 'Build a branch, tag or commit and switch to it' },
  { command: 'rollback', description: 'Go back to an earlier release' },
  { command: 'logs', description: 'The last lines of a bot' },
  { command: 'help', description: 'What each command does' },
]

type View = { viewport?: { width: number; height: number }; colorScheme?: 'light' | 'dark' }
type World = Awaited<ReturnType<typeof openWorld>>

let profile: string

beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), 'sandbox-page-'))
  await mkdir(SHOTS, { recursive: true })
})
afterAll(() => rm(profile, { recursive: true, force: true, maxRetries: 5 }))

test('a bot that nobody wrote to has a Start button that sends /start', async () => {
  const { sandbox, page, olga } = await openWorld()
  await page.getByRole('link', { name: /Weather/ }).click()
  await page.getByRole('button', { name: 'Start' }).click()
  await log(page).getByText('/start').waitFor()
  expect(sandbox.conversation('weather_bot', olga)).toMatchObject([{ text: '/start' }])
})

test('Enter sends, Shift+Enter breaks the line', async () => {
  const { sandbox, page, olga } = await openChat()
  await input(page).fill('first')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('second')
  await page.keyboard.press('Enter')
  await sandbox.waitFor(() => sandbox.conversation('manager_bot', olga).some(({ text }) => text === 'first\nsecond'))
  expect(await input(page).inputValue()).toBe('')
})

test('the command menu filters, moves by arrows and writes the chosen command', async () => {
  const { page } = await openChat()
  await input(page).fill('/')
  expect(await page.getByRole('option').count()).toBe(COMMANDS.length)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  expect(await input(page).inputValue()).toBe('/rollback ')
  await input(page).fill('/lo')
  await page.getByRole('option', { name: /logs/ }).click()
  expect(await input(page).inputValue()).toBe('/logs ')
})

test('Enter sends a command that is written out', async () => {
  const { sandbox, page, olga } = await openChat()
  await input(page).pressSequentially('/help')
  await page.keyboard.press('Enter')
  await sandbox.waitFor(() => sandbox.conversation('manager_bot', olga).some(({ text }) => text === '/help'))
})

test('what a bot writes is shown as text, never as markup of the page', async () => {
  const { page, write } = await openChat()
  const text = '<img src=x onerror="document.title=1"> & <b>not bold</b>'
  await write(text)
  const bubble = last(page)
  await bubble.getByText(text).waitFor()
  expect(await bubble.locator('img, b, strong').count()).toBe(0)
})

test('formatting becomes elements', async () => {
  const { page, writeHtml } = await openChat()
  await writeHtml('<b>bold</b> <i>it</i> <code>code</code> <a href="https://example.org">link</a><pre>block</pre>')
  const bubble = last(page)
  await bubble.locator('strong', { hasText: 'bold' }).waitFor()
  expect(await bubble.locator('em').textContent()).toBe('it')
  expect(await bubble.locator('.text > code').textContent()).toBe('code')
  expect(await bubble.locator('pre').textContent()).toBe('block')
  expect(await bubble.locator('a').getAttribute('href')).toBe('https://example.org/')
})

test('a long expandable quote unfolds', async () => {
  const { page, writeHtml } = await openChat()
  await writeHtml(`<blockquote expandable>${'line\n'.repeat(9)}end</blockquote>`)
  const quote = last(page).locator('blockquote')
  const folded = await heightOf(quote)
  await quote.getByRole('button', { name: 'Show more' }).click()
  expect(await heightOf(quote)).toBeGreaterThan(folded * 2)
})

test('an edit changes the message in place and marks it', async () => {
  const { page, write, call, olga } = await openChat()
  const message_id = await write('step 1')
  await log(page).getByText('step 1').waitFor()
  await call('editMessageText', { chat_id: olga, message_id, text: 'step 2' })
  await log(page).getByText('step 2').waitFor()
  expect(await log(page).getByText('step 1').count()).toBe(0)
  expect(await last(page).locator('.edited').textContent()).toBe('edited')
})

test('a deleted message disappears, and nothing stays in its place', async () => {
  const { page, write, call, olga } = await openChat()
  const before = await log(page).locator('.message').count()
  const message_id = await write('a secret')
  await log(page).getByText('a secret').waitFor()
  await call('deleteMessage', { chat_id: olga, message_id })
  await log(page).getByText('a secret').waitFor({ state: 'detached' })
  expect(await log(page).locator('.message').count()).toBe(before)
})

test('a pressed button turns until the bot answers, and the answer is shown', async () => {
  const { page, write, call } = await openChat()
  await write('Sure?', { reply_markup: { inline_keyboard: [[{ text: 'Yes', callback_data: 'yes' }]] } })
  const button = page.getByRole('button', { name: 'Yes' })
  await button.click()
  await page.locator('.key[aria-busy]').waitFor()
  const updates = await call('getUpdates', { allowed_updates: ['callback_query'], offset: -1 })
  const [update] = updates as { callback_query: { id: string } }[]
  await call('answerCallbackQuery', { callback_query_id: update?.callback_query.id, text: 'Done' })
  await page.getByText('Done').waitFor()
  await page.locator('.key[aria-busy]').waitFor({ state: 'detached' })
})

test('a document downloads under its name', async () => {
  const { page, upload } = await openChat()
  await upload('build-43.log', 'line 1\n')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    log(page)
      .getByRole('link', { name: /build-43\.log/ })
      .click(),
  ])
  expect(download.suggestedFilename()).toBe('build-43.log')
  expect(await readFile(await download.path(), 'utf8')).toBe('line 1\n')
})

test('the list shows the last message, and counts what is unread until the chat is opened', async () => {
  const { page, sandbox, olga, echo } = await openWorld()
  sandbox.privateChat(olga, 'echo_bot')
  await echo('one')
  await echo('two')
  const entry = page.getByRole('link', { name: /Echo Bot/ })
  await entry.getByText('two').waitFor()
  expect(await entry.getByLabel('2 unread').count()).toBe(1)
  expect(await page.title()).toBe('(2) Telegram sandbox')
  await entry.click()
  await entry.locator('.unread').waitFor({ state: 'detached' })
})

test('new messages scroll into view only for a reader at the end', async () => {
  const { page, write } = await openChat()
  for (let line = 0; line < 40; line += 1) await write(`line ${line}`)
  await log(page).getByText('line 39').waitFor()
  expect(await fromEnd(page)).toBeLessThan(2)
  await page.locator('.scroller').evaluate((scroller) => scroller.scrollTo(0, 0))
  await write('far below')
  await log(page).getByText('far below').waitFor({ state: 'attached' })
  expect(await fromEnd(page)).toBeGreaterThan(500)
  await page.getByRole('button', { name: 'To the last message' }).click()
  expect(await fromEnd(page)).toBeLessThan(2)
})

test('the address names the chat', async () => {
  const { page, sandbox } = await openWorld()
  await page.goto(`${sandbox.pageUrl}#/chat/echo_bot`)
  await page.getByRole('heading', { name: 'Echo Bot' }).first().waitFor()
})

test('the page comes back by itself when the sandbox does', async () => {
  const stateFile = join(profile, 'state.json')
  const { page, sandbox } = await openWorld({}, stateFile)
  const port = Number(new URL(sandbox.pageUrl ?? '').port)
  await sandbox.close()
  await page.getByText('Connection lost').waitFor()
  const again = await openSandbox({ page: { port }, stateFile })
  onTestFinished(() => again.close())
  await page.getByText('Connection lost').waitFor({ state: 'hidden', timeout: 20_000 })
})

test('what could not be sent is written into the input again, and the chat says why', async () => {
  const { page, sandbox } = await openChat()
  await sandbox.close()
  await page.getByRole('main').getByText('reconnecting…').waitFor()
  await input(page).fill('not lost')
  await page.keyboard.press('Enter')
  await page.getByText('The sandbox does not answer').waitFor()
  expect(await input(page).inputValue()).toBe('not lost')
})

test('with several people one chooses who acts', async () => {
  const { page, sandbox, olga } = await openChat()
  expect(await page.getByLabel('Acting as').isVisible()).toBe(false)
  const peter = sandbox.addPerson({ name: 'Peter' })
  sandbox.say(olga, 'manager_bot', 'written by Olga')
  await page.getByLabel('Acting as').selectOption('Peter')
  await page.getByRole('button', { name: 'Start' }).click()
  await sandbox.waitFor(() => sandbox.conversation('manager_bot', peter.id).length === 1)
  expect(await page.getByText('written by Olga').count()).toBe(0)
})

test('a group shows who wrote, and takes what one writes', async () => {
  const { page, sandbox, olga } = await openWorld()
  const echo = sandbox.addBot({ username: 'echo_bot' })
  const peter = sandbox.addPerson({ name: 'Peter' })
  const group = sandbox.addGroup({ title: 'Operations', members: [olga, peter.id, echo.id] })
  sandbox.say(peter.id, group.id, 'good morning')
  await page.getByRole('link', { name: /Operations/ }).click()
  expect(await last(page).locator('.author').textContent()).toBe('Peter')
  await input(page).fill('to all')
  await page.keyboard.press('Enter')
  await sandbox.waitFor(() => sandbox.messages(group.id).some(({ text }) => text === 'to all'))
})

test('a phone shows the list or the chat, with a way back, and nothing is too wide', async () => {
  const { page, writeHtml } = await openWorld({ viewport: PHONE })
  await writeHtml(`<pre>${'a very long line of a log '.repeat(8)}</pre>${'x'.repeat(200)}`)
  await page.getByRole('link', { name: /tbs-manager/ }).click()
  const block = last(page).locator('pre')
  await block.waitFor()
  expect(await block.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0)
  expect(await page.getByRole('navigation', { name: 'Chats' }).isVisible()).toBe(false)
  expect(await page.locator('html').evaluate(({ scrollWidth }) => scrollWidth)).toBe(PHONE.width)
  expect(await page.locator('.scroller').evaluate(({ scrollWidth }) => scrollWidth)).toBe(PHONE.width)
  await page.getByRole('link', { name: 'Back to the chats' }).click()
  await page.getByRole('navigation', { name: 'Chats' }).waitFor({ state: 'visible' })
})

test('a page that hears nothing from the sandbox asks again', async () => {
  const { page, sandbox } = await openWorld()
  await page.clock.install()
  let hangs = true
  await page.route('**/events', async (route) => {
    if (!hangs) await route.continue()
  })
  await visit(page, sandbox.pageUrl ?? '')
  expect(await page.getByRole('link').count()).toBe(0)
  hangs = false
  await page.clock.fastForward(16_000)
  await page.getByRole('link', { name: /tbs-manager/ }).waitFor()
  expect(await page.getByText('Connection lost').isVisible()).toBe(false)
})

test.each([
  ['desktop-light', DESKTOP, 'light'],
  ['desktop-dark', DESKTOP, 'dark'],
  ['phone-light', PHONE, 'light'],
  ['phone-dark', PHONE, 'dark'],
] as const)('a look at it: %s', async (name, viewport, colorScheme) => {
  const world = await openWorld({ viewport, colorScheme })
  await playScene(world)
  const { page } = world
  const shot = (what: string) => page.screenshot({ path: join(SHOTS, `sandbox-${name}-${what}.png`) })
  await shot('list')
  await page.getByRole('link', { name: /tbs-manager/ }).click()
  await last(page).waitFor()
  await shot('chat')
  await input(page).fill('/')
  await shot('menu')
  await input(page).fill('')
  await page.locator('.scroller').evaluate((scroller) => scroller.scrollTo(0, 0))
  await world.write('Something new below')
  await page.getByRole('button', { name: 'To the last message' }).waitFor()
  await shot('top')
  await page.goto(`${world.sandbox.pageUrl}#/chat/weather_bot`)
  await page.getByRole('button', { name: 'Start' }).waitFor()
  await shot('start')
})

const input = (page: Page): Locator => page.getByRole('textbox', { name: 'Message' })

const log = (page: Page): Locator => page.getByRole('log')

const last = (page: Page): Locator => log(page).locator('.message').last()

const heightOf = (locator: Locator) => locator.boundingBox().then((box) => box?.height ?? 0)

const fromEnd = (page: Page) =>
  page.locator('.scroller').evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight)

/** Olga has begun a chat with the manager; Echo Bot and Weather are there too. */
const openWorld = async (view: View = {}, stateFile?: string) => {
  const sandbox = await openSandbox({ page: { port: 0 }, ...(stateFile ? { stateFile } : {}) })
  onTestFinished(() => sandbox.close())
  const olga = sandbox.addPerson({ name: 'Olga Owner' }).id
  const manager = sandbox.addBot({ username: 'manager_bot', name: 'tbs-manager' })
  const echoBot = sandbox.addBot({ username: 'echo_bot', name: 'Echo Bot' })
  sandbox.addBot({ username: 'weather_bot', name: 'Weather' })
  sandbox.say(olga, 'manager_bot', '/start 482913')
  await callAs(sandbox, manager)('setMyCommands', { commands: COMMANDS })
  const page = await openPage(sandbox, view)
  return { sandbox, olga, page, ...hands(sandbox, manager, olga), echo: hands(sandbox, echoBot, olga).write }
}

const openChat = async () => {
  const world = await openWorld()
  await world.page.getByRole('link', { name: /tbs-manager/ }).click()
  await input(world.page).waitFor()
  return world
}

const openPage = async (sandbox: Sandbox, { viewport = DESKTOP, colorScheme = 'light' }: View): Promise<Page> => {
  const context: BrowserContext = await chromium.launchPersistentContext(await mkdtemp(join(profile, 'user-')), {
    ...CHROMIUM,
    viewport,
    colorScheme,
  })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const thrown: Error[] = []
  page.on('pageerror', (error) => thrown.push(error))
  onTestFinished(() => expect(thrown).toEqual([]))
  await visit(page, sandbox.pageUrl ?? '')
  await page.getByRole('link', { name: /tbs-manager/ }).waitFor()
  return page
}

const hands = (sandbox: Sandbox, bot: SandboxBot, chat_id: number) => {
  const call = callAs(sandbox, bot)
  const write = async (text: string, more: object = {}) => {
    const { message_id } = (await call('sendMessage', { chat_id, text, ...more })) as { message_id: number }
    return message_id
  }
  const upload = async (name: string, content: string, caption = '') => {
    const body = new FormData()
    body.set('chat_id', String(chat_id))
    body.set('caption', caption)
    body.set('document', new File([content], name))
    await fetch(`${sandbox.apiRoot}/bot${bot.token}/sendDocument`, { method: 'POST', body })
  }
  const writeHtml = (text: string, more: object = {}) => write(text, { parse_mode: 'HTML', ...more })
  return { call, write, writeHtml, upload }
}

const callAs =
  (sandbox: Sandbox, { token }: SandboxBot) =>
  async (method: string, params: object): Promise<unknown> => {
    const response = await fetch(`${sandbox.apiRoot}/bot${token}/${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(params),
    })
    const { ok, result, description } = (await response.json()) as { ok: boolean; result: unknown; description: string }
    if (!ok) throw new Error(`${method}: ${description}`)
    return result
  }

/** A day with the manager, as a person would see it. */
const playScene = async ({ sandbox, olga, call, writeHtml, upload, echo }: World) => {
  await writeHtml('Welcome, Olga. You are the owner now.\n\nTry <code>/deploy echo-bot main</code>, or send /help.')
  sandbox.say(olga, 'manager_bot', '/deploy echo-bot main')
  const message_id = await writeHtml('<b>#42 deploy echo-bot</b> main\nqueued')
  const steps = '<pre>fetch    0.4 s  3f2c1ab\nbuild     18 s\nswitch   1.1 s\ngate      15 s</pre>'
  const text = `<b>#42 deploy echo-bot</b> main\n${steps}\n<b>Live:</b> v4 (3f2c1ab), seen polling.`
  await call('editMessageText', { chat_id: olga, message_id, text, parse_mode: 'HTML' })
  const asked = sandbox.say(olga, 'manager_bot', '/deploy echo-bot broken-build')
  const log = `Step 5/9 : RUN npm ci --omit=dev --no-audit --no-fund --loglevel=error\nnpm ERR! code ERESOLVE`
  await writeHtml(
    `<b>#43 deploy echo-bot</b> broken-build failed in <i>build</i>: exit code 1. v4 runs on.\n` +
      `<pre><code class="language-log">${log}</code></pre>\nSee <a href="https://example.org">the docs</a> or /logs.`,
    {
      reply_parameters: { message_id: asked.message_id },
      reply_markup: {
        inline_keyboard: [
          [
            { text: 'Logs', callback_data: 'logs' },
            { text: 'Restart', callback_data: 'restart' },
          ],
          [{ text: 'Roll back to v3', callback_data: 'back', style: 'danger' }],
        ],
      },
    },
  )
  await upload('build-43.log', 'a line of the log\n'.repeat(900), 'Full build log of #43')
  await writeHtml(
    `<blockquote expandable>${'A line of a longer quote that is folded\n'.repeat(6)}end</blockquote>` +
      'Then <tg-spoiler>hidden</tg-spoiler>, <s>struck</s> and <u>underlined</u>.',
  )
  sandbox.say(olga, 'echo_bot', 'hello')
  await echo('hello')
  await echo('and again')
}

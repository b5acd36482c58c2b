import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Browser, chromium, type Locator, type Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest'
import { openSandbox, type Sandbox, type SandboxBot } from '../../telegram-sandbox/index.ts'
import { type ChatOnPage, chatOnPage, textOf } from '../helpers/chat-on-page.ts'
import { CHROMIUM, PHONE } from '../helpers/chromium.ts'
import { docker, sandboxHosts } from '../helpers/docker.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import type { GitRepo } from '../helpers/git-repo.ts'
import { type Installation, installation } from '../helpers/installation.ts'
import { type SshServer, sshServer } from '../helpers/ssh-server.ts'
import { visit } from '../helpers/visit.ts'

// From /addbot to a bot that answers, on a phone, with a private repository: pressed wherever there is a button.

const SHOTS = join(import.meta.dirname, '../../test-output')
const MANAGER = 'tbs-manager'
const API_KEY = '0123-the-key-of-the-weather'
const REPOSITORY = {
  ...fixtureBot({ says: '', saysValueOf: 'CITY' }),
  '.env.example':
    '# The city to tell the weather of\nCITY=\n# From https://openweathermap.org/api\nWEATHER_API_KEY=\n' +
    '# metric or imperial\nUNITS=metric\nBOT_TOKEN=\n',
  'tbs.yaml': 'gate: { ready: 20s, stable: 2s }\n',
}

let sandbox: Sandbox
let here: Installation
let ssh: SshServer
let repo: GitRepo
let weather: SandboxBot
let browser: Browser
let page: Page
let chat: ChatOnPage
let failed = false
let shots = 0

beforeAll(async () => {
  await mkdir(SHOTS, { recursive: true })
  sandbox = await openSandbox({ apiHosts: await sandboxHosts(), page: { port: 0 } })
  here = await installation({ sandbox })
  here.env.TBS_GIT_PROTOCOLS = 'https:ssh'
  weather = sandbox.addBot({ username: 'lisbon_weather_bot', name: 'Weather' })
  repo = await here.repo('weather-bot')
  await repo.commit('main', REPOSITORY, 'Tell the weather')
  ssh = await sshServer(join(here.directory, 'ssh'))
  await here.start()
  browser = await chromium.launch(CHROMIUM)
  const context = await browser.newContext({ viewport: PHONE, isMobile: true, hasTouch: true, deviceScaleFactor: 2 })
  page = await context.newPage()
  chat = chatOnPage(page)
})

afterAll(async () => {
  await browser?.close()
  await here?.close()
  await ssh?.close()
  await sandbox?.close()
})

// The steps build on each other: after one that failed, the others would only fail more slowly.
beforeEach(({ skip }) => {
  skip(failed, 'an earlier step of the journey failed')
  onTestFailed(async () => {
    failed = true
    await shot('failed').catch(() => {})
    console.error(here?.output().slice(-5_000))
  })
})

describe.sequential('adding a bot from a phone', () => {
  test('/addbot is in the menu, and asks for a name and for the repository', async () => {
    await visit(page, sandbox.pageUrl ?? '')
    await chat.open(MANAGER)
    await shot('first-look')
    await page.getByRole('button', { name: 'Commands of this bot' }).tap()
    await shot('menu')
    await page.getByRole('option', { name: /^\/addbot/ }).tap()
    await page.getByRole('button', { name: 'Send' }).tap()
    await asks('New bot · Name')
    await answer('weather', 'weather · Repository')
  })

  test('a private repository is read with a key that was made here and added there', async () => {
    await answer(`${ssh.origin}${repo.directory}`, 'weather · Private repository')
    const shown = await press('Deploy key', 'weather · Deploy key')
    const [key = ''] = /ssh-ed25519 \S+/.exec(shown) ?? []
    await press('I added it', /can’t be read with its key/, 'key-not-added')
    await ssh.allow(key)
    const build = await press('I added it', 'weather · How to build it')
    expect(build).toContain('“Tell the weather”')
    expect(ssh.log()).toContain('Accepted publickey')
  })

  test('the token is asked for, taken out of the chat, and its variable confirmed', async () => {
    await press('Build it like this', 'weather · Token')
    await answer(weather.token, 'weather · Token variable')
    expect(await page.getByRole('log').getByText(weather.token).count()).toBe(0)
    await press('BOT_TOKEN', 'weather · Variables')
  })

  test('variables are asked for one by one; what looks secret does not stay', async () => {
    await press('Go on', 'weather · Variable 1 of 2')
    await answer('Lisbon', 'weather · Variable 2 of 2')
    await answer(API_KEY, 'weather · Data')
    expect(await page.getByRole('log').getByText(API_KEY).count()).toBe(0)
    await press('Go on', 'weather · Ready')
  })

  test('Deploy ends live, in the place of the last question, and the bot answers with what it was given', async () => {
    const id = await lastOfBot().getAttribute('data-message-id')
    await press('Deploy', 'Deploying weather', 'deploying')
    await talks()
    await shot('weather-answers')
    await backTo(MANAGER)
    expect(await asks('is live.', 'live')).toMatch(/^v1 \([0-9a-f]{7} “Tell the weather”\) is live\.$/m)
    expect(await lastOfBot().getAttribute('data-message-id')).toBe(id)
    expect(await running()).toEqual(['v1'])
  })

  test('from /bots it is stopped and started by buttons', async () => {
    await chat.send('/bots')
    await asks('weather — live · v1', 'bots')
    await press('weather', 'Release: v1', 'panel')
    await press('Stop', 'Stop v1 of weather?')
    await press('Stop weather', 'v1 is stopped.', 'stopped')
    expect(await running()).toEqual([])
    await press('Run', 'Starting weather', 'starting')
    await talks()
    await backTo(MANAGER)
    await asks('is live.', 'running')
    expect(await running()).toEqual(['v1'])
  })
})

/** Waits until the bot's last message has this in it. Gives all of it. */
const asks = async (text: string | RegExp, name = nameOf(text)): Promise<string> => {
  const message = lastOfBot().filter({ hasText: text })
  await message.waitFor({ timeout: 30_000 })
  await shot(name)
  return textOf(message)
}

const lastOfBot = (): Locator => page.getByRole('log').locator('[data-from=bot]').last()

const answer = async (text: string, next: string): Promise<string> => {
  await chat.send(text)
  return asks(next)
}

const press = async (label: string, next: string | RegExp, name?: string): Promise<string> => {
  await key(label).tap()
  return asks(next, name)
}

/** The button with exactly this on it that is nearest to the thumb. */
const key = (label: string): Locator =>
  page
    .locator('.key')
    .filter({ hasText: exactly(label) })
    .last()

const exactly = (text: string): RegExp => new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`)

const backTo = async (title: string): Promise<void> => {
  await page.getByRole('link', { name: 'Back to the chats' }).tap()
  await chat.open(title)
}

/** Writes to the new bot as soon as it may be there; that it takes what waits is what proves it soonest. */
const talks = async (): Promise<void> => {
  await backTo('Weather')
  const start = page.getByRole('button', { name: 'Start', exact: true })
  if (await start.isVisible()) await start.tap()
  const answers = await chat.write('hello')
  await answers.filter({ hasText: /^Lisbon: hello/ }).waitFor({ timeout: 120_000 })
}

const running = async (): Promise<string[]> => {
  const label = [`tbs.instance=${here.instance}`, 'tbs.role=bot']
  return (await docker.listContainers({ filters: { label } })).map(({ Labels }) => `v${Labels['tbs.release']}`)
}

const shot = async (name: string): Promise<void> => {
  shots += 1
  await page.screenshot({ path: join(SHOTS, `addbot-${String(shots).padStart(2, '0')}-${name}.png`) })
}

const nameOf = (text: string | RegExp): string =>
  String(text)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')

import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Bot } from '../../../deploy-engine/index.ts'
import { WizardSchema } from '../../../manager-bot/chat/records/wizard.ts'
import { spot } from '../../../manager-bot/chat/wizard/answers.ts'
import { writeWizard } from '../../../manager-bot/chat/wizard/opened.ts'
import { type GitHttpServer, gitHttpServer } from '../../helpers/git-http-server.ts'
import { type GitRepo, gitRepo } from '../../helpers/git-repo.ts'
import { type SshServer, sshServer } from '../../helpers/ssh-server.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'
import { type WizardBench, wizardBench } from './wizard-bench.ts'

// Where the code comes from: private repositories, directories, ways to build.

vi.setConfig({ testTimeout: 90_000 })

const GIT_TOKEN = 'a-token-of-no-known-shape'
const NODE = { 'package.json': '{"scripts":{"start":"node bot.js"}}', 'bot.js': 'process.env.BOT_TOKEN\n' }

let root: string
let repo: GitRepo
let ssh: SshServer
let https: GitHttpServer
let bench: ChatBench
let wizard: WizardBench

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tbs-wizard-'))
  await mkdir(join(root, 'repos'))
  repo = await gitRepo(join(root, 'repos', 'bot'))
  await repo.commit('docker', { ...NODE, Dockerfile: 'FROM node:24\nCOPY . .\nCMD ["node", "bot.js"]\n' })
  await repo.commit('nothing', { 'README.md': 'soon' })
  const inFolders = (folder: string) => Object.entries(NODE).map(([path, text]) => [`${folder}/${path}`, text])
  await repo.commit('several', Object.fromEntries([...inFolders('bots/one'), ...inFolders('bots/two')]))
  // Last, since what was checked out last is the branch that the server gives.
  await repo.commit('main', NODE)
  ssh = await sshServer(join(root, 'ssh'))
  https = await gitHttpServer(join(root, 'repos'), root)
  https.wants = `x-access-token:${GIT_TOKEN}`
  vi.stubEnv('GIT_SSL_CAINFO', https.certificate)
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await ssh.close()
  await https.close()
  await rm(root, { recursive: true, force: true })
})

beforeEach(async () => {
  bench = await chatBench()
  wizard = wizardBench(bench)
  await bench.start()
  await wizard.says('/addbot weather', 'weather · Repository')
})

afterEach(() => bench.close())

/** From the question for the token to the end. */
const finish = async () => {
  const { token } = bench.sandbox.addBot({ username: 'weather_bot', name: 'Weather' })
  await wizard.says(token, 'Token variable')
  await wizard.presses('BOT_TOKEN', 'Data')
  const summary = await wizard.presses('Go on', 'Ready')
  await wizard.presses('Deploy', 'Deploying weather')
  return summary
}

const bots = () => bench.engine.database.read.find<Bot>('bot')
const secretKeys = async () =>
  (await bench.engine.database.read.find<{ key: string }>('secret')).map(({ key }) => key).sort()

describe('a private repository', () => {
  test('by a deploy key: made here, shown with where to put it, tried, and the bot’s own afterwards', async () => {
    const access = await wizard.says(`${ssh.origin}${repo.directory}`, 'Private repository')
    expect(wizard.labels(access)).toEqual(['Deploy key', '‹ Back', 'Cancel'])
    const shown = await wizard.presses('Deploy key', 'Deploy key')
    const [key = ''] = /ssh-ed25519 \S+/.exec(shown.text) ?? []
    expect(key).not.toBe('')
    expect(shown.text).toContain('Settings → Deploy keys')
    const still = await wizard.presses('I added it', 'Deploy key')
    expect(still.text).toContain('can’t be read with its key')
    expect(still.text).toContain(key)
    await ssh.allow(key)
    await bench.restart()
    await wizard.presses('I added it', 'How to build it')
    await wizard.presses('Build it like this', 'Token')
    expect((await finish()).text).toContain('Read with its deploy key.')
    expect(await secretKeys()).toEqual(['git:key', 'token'])
    expect(JSON.stringify([bench.entries, bench.chat()])).not.toContain('PRIVATE KEY')
    await ssh.allow()
  })

  test('by an access token, deleted at once, tried, and asked for again when it is refused', async () => {
    const access = await wizard.says(`${https.origin}/bot`, 'Private repository')
    expect(wizard.labels(access)).toEqual(['Access token', '‹ Back', 'Cancel'])
    await wizard.presses('Access token', 'Access token')
    const refused = await wizard.says('another-token-of-no-shape', 'Access token')
    expect(refused.text).toContain('can’t be read with its token')
    await wizard.says(GIT_TOKEN, 'How to build it')
    const sent = bench.chat().filter(({ text }) => /-of-no-/.test(text))
    expect(sent.map(({ deleted }) => deleted)).toEqual([true, true])
    await wizard.presses('Build it like this', 'Token')
    expect((await finish()).text).toContain('Read with your access token.')
    expect(await secretKeys()).toEqual(['git:token', 'token'])
    const left = bench.chat().filter(({ deleted }) => !deleted)
    expect(JSON.stringify([bench.entries, left])).not.toContain(GIT_TOKEN)
  })

  test('another address may be sent instead', async () => {
    await wizard.says(`${https.origin}/bot`, 'Private repository')
    await wizard.says(repo.url, 'How to build it')
  })
})

describe('what was found', () => {
  test('of several directories one is chosen, by a button or by its path', async () => {
    const folder = await wizard.says(`${repo.url} several`, 'Directory')
    expect(wizard.labels(folder)).toEqual(['bots/one', 'bots/two', '‹ Back', 'Cancel'])
    const refused = await wizard.says('../x', 'Directory')
    expect(refused.text).toContain('a path names a directory inside the repository')
    const build = await wizard.presses('bots/two', 'How to build it')
    expect(build.text).toContain('In the directory bots/two')
    await wizard.presses('Build it like this', 'Token')
    await finish()
    expect(await bots()).toMatchObject([{ path: 'bots/two', branch: 'several' }])
  })

  test('a Dockerfile can be ignored, and taken after all', async () => {
    const own = await wizard.says(`${repo.url} docker`, 'How to build it')
    expect(own.text).toContain('its Dockerfile')
    const generated = await wizard.presses('Ignore the Dockerfile', 'How to build it')
    expect(generated.text).toContain('Node 24, by package.json')
    expect((await wizard.presses('Use the Dockerfile', 'How to build it')).text).toContain('its Dockerfile')
    await wizard.presses('Ignore the Dockerfile', 'How to build it')
    await wizard.presses('Build it like this', 'Token')
    await finish()
    expect(await bots()).toMatchObject([{ ignoreDockerfile: true }])
  })

  test('what can’t be built is said, and looked at again', async () => {
    const problem = await wizard.says(`${repo.url} nothing`, 'It can’t be built')
    expect(problem.text).toContain('Change the repository and look again')
    await repo.commit('nothing', NODE)
    await wizard.presses('Look again', 'How to build it')
    await repo.commit('main', NODE)
  })

  test.each([
    ['no address', 'a repository URL starts with https://'],
    ['http://example.org/x', 'http repositories are not allowed here'],
    ['file:///nowhere/at/all', 'git could not fetch file:///nowhere/at/all'],
    ['file:///x --upload-pack=y', 'a ref starts with a letter or digit'],
  ])('%s: said, and asked again', async (typed, why) => {
    bench.says(typed)
    const isSaid = () => bench.said().some(({ text, buttons }) => text.includes(why) && buttons.length > 0)
    await bench.sandbox.waitFor(isSaid, { what: why })
    await wizard.question('weather · Repository')
  })

  test('an address with a password in it is taken out of the chat', async () => {
    const again = await wizard.says('https://me:secret-word@example.org/x', 'weather · Repository')
    expect(again.text).toContain('a repository URL carries no password or token')
    expect(bench.chat().find(({ text }) => text.includes('secret-word'))?.deleted).toBe(true)
  })
})

describe('a look that takes its time', () => {
  let hanging: Server

  beforeEach(async () => {
    hanging = createServer(() => {})
    await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve))
  })

  afterEach(() => hanging.close())

  test('holds up nobody, and Cancel ends it', async () => {
    const address = hanging.address()
    const port = typeof address === 'object' ? address?.port : 0
    const looking = await wizard.says(`https://127.0.0.1:${port}/x`, 'Repository')
    expect(looking.text).toContain('Looking at https://127.0.0.1')
    expect(await bench.answer('/bots')).toContain('no bots yet')
    await bench.sandbox.press(OWNER, MANAGER, looking.message_id, 'Cancel')
    await bench.sandbox.waitFor(() => bench.said().some(({ text }) => text === 'Cancelled. No bot was added.'))
    expect(await bench.engine.database.read.count(WizardSchema)).toBe(0)
  })

  test('goes on after a kill in its middle', async () => {
    await bench.stop()
    const whose = { chatId: OWNER, personId: OWNER }
    const answers = { name: 'weather', repo: repo.url, ref: 'main', values: {}, volumes: [], files: {} }
    const standing = { at: spot('look'), trail: [spot('name'), spot('repo')], answers, note: [] }
    await bench.engine.database.transaction((entities) =>
      writeWizard(bench.engine, entities, { whose, turn: 7, updateId: null, standing }),
    )
    await bench.restart()
    await wizard.question('How to build it')
  })
})

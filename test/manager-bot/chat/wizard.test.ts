import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { addBot, type Bot, Secret } from '../../../deploy-engine/index.ts'
import { ButtonSchema } from '../../../manager-bot/chat/records/button.ts'
import { addToInbox } from '../../../manager-bot/chat/records/inbox.ts'
import { WizardSchema } from '../../../manager-bot/chat/records/wizard.ts'
import { type Answers, spot } from '../../../manager-bot/chat/wizard/answers.ts'
import { endForgotten } from '../../../manager-bot/chat/wizard/ended.ts'
import { openedWizard, writeWizard } from '../../../manager-bot/chat/wizard/opened.ts'
import { newBot } from '../../../manager-bot/chat/wizard/step-summary.ts'
import type { SandboxMessage } from '../../../telegram-sandbox/index.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type GitRepo, gitRepo } from '../../helpers/git-repo.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'
import { type WizardBench, wizardBench } from './wizard-bench.ts'

vi.setConfig({ testTimeout: 90_000 })

const FILES = {
  'package.json': '{"scripts":{"start":"node bot.js"},"dependencies":{"telegraf":"4"}}',
  'bot.js': 'new Telegraf(process.env.TG_TOKEN).launch()\n',
  '.env.example':
    '# Who may do everything\nADMIN_ID=\nLEVEL=info\nTG_TOKEN=\nDB_PATH=./storage/bot.db\nWEATHER_API_KEY=\n' +
    'DATABASE_URL=postgres://localhost/x\n',
  'config.example.json': '{}',
}
const SECRETS = ['4711-the-key-of-the-weather', 'a-word-in-the-config']

let root: string
let repo: GitRepo
let bench: ChatBench
let wizard: WizardBench
let token: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tbs-wizard-'))
  repo = await gitRepo(join(root, 'repo'))
  await repo.commit('main', FILES, 'Tell the weather')
})

afterAll(() => rm(root, { recursive: true, force: true }))

beforeEach(async () => {
  bench = await chatBench()
  wizard = wizardBench(bench)
  await bench.start()
  token = bench.sandbox.addBot({ username: 'weather_bot', name: 'Weather' }).token
})

afterEach(() => bench.close())

const bots = () => bench.engine.database.read.find<Bot>('bot')
const rows = () => bench.engine.database.read.find(WizardSchema)
const secretKeys = async () =>
  (await bench.engine.database.read.find<{ key: string }>('secret')).map(({ key }) => key).sort()

/** All bytes of the database, as they are on the disk. */
const database = async () => {
  const names = (await readdir(bench.config.dataDir)).filter((name) => name.startsWith('tbs.sqlite'))
  const files = await Promise.all(names.map((name) => readFile(join(bench.config.dataDir, name))))
  return Buffer.concat(files).toString('latin1')
}

type Pause = () => Promise<unknown>

/** From /addbot to the summary, with something in between each two questions. */
const answerAll = async (between: Pause = async () => {}) => {
  await wizard.says('/addbot', 'New bot · Name')
  await between()
  await wizard.says('weather', 'weather · Repository')
  await between()
  const build = await wizard.says(`${repo.url} main`, 'How to build it')
  expect(build.text).toContain('Node 24, by package.json')
  expect(build.text).toContain('“Tell the weather”')
  await between()
  await wizard.presses('Build it like this', 'Token')
  await between()
  const variable = await wizard.says(token, 'Token variable')
  expect(variable.text).toContain('That is the token of @weather_bot.')
  expect(variable.text).toContain('bot.js:1 process.env.TG_TOKEN')
  await between()
  const variables = await wizard.presses('TG_TOKEN', 'Variables')
  expect(variables.text).toContain('LEVEL=info')
  expect(variables.text).toContain('Next I ask for ADMIN_ID, WEATHER_API_KEY, DATABASE_URL')
  await between()
  const admin = await wizard.presses('Go on', 'Variable 1 of 3')
  expect(admin.text).toContain('ADMIN_ID: Who may do everything')
  await between()
  await wizard.says('4711', 'Variable 2 of 3')
  await between()
  await wizard.says(SECRETS[0] ?? '', 'Variable 3 of 3')
  await between()
  const data = await wizard.presses('Use postgres://localhost/x', 'Data')
  expect(data.text).toContain('/app/data is kept already')
  expect(data.text).toContain('/app/storage looks like data')
  await between()
  await wizard.presses('Keep /app/storage', 'Config file')
  await between()
  return wizard.sends({ name: 'config.json', content: `{"password":"${SECRETS[1]}"}` }, 'Ready')
}

describe('from /addbot to the first deploy', () => {
  test('each question comes with what the repository tells, and Deploy registers all of it at once', async () => {
    const summary = await answerAll()
    for (const part of [
      'Telegram: @weather_bot',
      `Repository: ${repo.url} main`,
      'Build: Node 24, by package.json',
      'Token variable: TG_TOKEN',
      'Variables: ADMIN_ID, WEATHER_API_KEY',
      'Data kept in: /app/data, /app/storage',
      'Config files: config.json',
      'If @weather_bot runs somewhere else now, stop it there first',
    ]) {
      expect(summary.text).toContain(part)
    }
    expect(await bots()).toEqual([])
    const id = summary.message_id
    await bench.sandbox.press(OWNER, MANAGER, id, 'Deploy')
    const now = () => bench.chat().find(({ message_id }) => message_id === id)
    await bench.sandbox.waitFor(() => now()?.text.startsWith('Deploying weather'), { what: 'the progress' })
    expect(now()?.text).toContain('If @weather_bot runs somewhere else, stop it there')
    expect(await bots()).toMatchObject([
      {
        name: 'weather',
        repo: repo.url,
        branch: 'main',
        tokenEnv: 'TG_TOKEN',
        username: 'weather_bot',
        volumes: ['/app/storage'],
      },
    ])
    expect(await secretKeys()).toEqual(['ADMIN_ID', 'WEATHER_API_KEY', 'file:config.json', 'token'])
    expect(bench.queued).toEqual([1])
  })

  test('secrets leave the chat at once, are never echoed, and are nowhere in the database in plain', async () => {
    await answerAll()
    const chat = bench.chat()
    const sent = [token, SECRETS[0] ?? ''].map((text) => chat.find((message) => message.text === text))
    expect(sent.map((message) => message?.deleted)).toEqual([true, true])
    expect(chat.find(({ document }) => document)?.deleted).toBe(true)
    const left = chat.filter(({ deleted }) => !deleted).map(({ text }) => text)
    const everywhere = [left.join('\n'), JSON.stringify(bench.entries), await database()]
    for (const secret of [token, ...SECRETS]) {
      for (const place of everywhere) expect(place.includes(secret)).toBe(false)
    }
    // What is no secret may stay.
    expect(left).toContain('4711')
    await wizard.presses('Deploy', 'Deploying weather')
    expect((await rows()).map(({ step }) => step)).toEqual(['done'])
    const done = await openedWizard(bench.engine, { chatId: OWNER, personId: OWNER })
    expect(done?.standing.answers).toEqual({ name: 'weather', values: {}, volumes: [], files: {} })
    for (const secret of [token, ...SECRETS]) expect((await database()).includes(secret)).toBe(false)
  })

  test('the manager may die after each question', async () => {
    await answerAll(() => bench.restart())
    await bench.restart()
    await wizard.presses('Deploy', 'Deploying weather')
    expect(await bots()).toHaveLength(1)
    expect(bench.queued).toEqual([1])
  })

  test('the chat stays short: one question with buttons, and of answers only those that are no secrets', async () => {
    await answerAll()
    const there = bench.chat().filter(({ deleted }) => !deleted)
    expect(there.filter(({ buttons }) => buttons.length > 0)).toHaveLength(1)
    expect(there.length).toBeLessThanOrEqual(9)
  })
})

describe('on the way', () => {
  test('Back asks the question before again, and knows what was answered', async () => {
    await wizard.says('/addbot weather', 'weather · Repository')
    await wizard.says(repo.url, 'How to build it')
    await wizard.presses('Build it like this', 'Token')
    await wizard.says(token, 'Token variable')
    const again = await wizard.presses('‹ Back', 'Token')
    expect(again.text).toContain('Until now: that of @weather_bot')
    await wizard.presses('‹ Back', 'How to build it')
    const where = await wizard.presses('‹ Back', 'weather · Repository')
    expect(where.text).toContain(`Until now: ${repo.url}`)
    expect((await wizard.presses('‹ Back', 'Name')).text).toContain('Until now: weather')
    await wizard.says('climate', 'climate · Repository')
    await wizard.says(repo.url, 'How to build it')
    await wizard.presses('Build it like this', 'Token')
    await wizard.presses('Keep @weather_bot', 'Token variable')
  })

  test('another command is carried out as ever, and the question waits', async () => {
    await wizard.says('/addbot weather', 'weather · Repository')
    expect(await bench.answer('/bots')).toContain('no bots yet')
    await wizard.says(repo.url, 'How to build it')
  })

  test('/cancel and Cancel end it, and nothing is kept', async () => {
    const question = await wizard.says('/addbot weather', 'weather · Repository')
    expect(await bench.answer('/cancel')).toBe('Cancelled. No bot was added.')
    expect(await rows()).toEqual([])
    await bench.sandbox.waitFor(() =>
      bench.chat().some(({ message_id, buttons }) => message_id === question.message_id && buttons.length === 0),
    )
    expect(await bench.answer('weather')).toBe('I understand commands: /help')
    const second = await wizard.says('/addbot', 'Name')
    await bench.sandbox.press(OWNER, MANAGER, second.message_id, 'Cancel')
    await bench.sandbox.waitFor(() => bench.said().at(-1)?.text === 'Cancelled. No bot was added.')
    expect(await rows()).toEqual([])
    expect(await bots()).toEqual([])
  })

  test('a second /addbot takes the place of the first', async () => {
    const first = await wizard.says('/addbot weather', 'weather · Repository')
    await wizard.says('/addbot', 'New bot · Name')
    const cancel = first.buttons.flat().find(({ text }) => text === 'Cancel')?.callback_data ?? ''
    deliver(cancel, first.message_id)
    await wizard.says('weather', 'weather · Repository')
    expect(await rows()).toHaveLength(1)
  })

  test('after half an hour the answers are forgotten, also those that are sealed, and that is said', async () => {
    const question = await wizard.says('/addbot weather', 'weather · Repository')
    await bench.engine.database.transaction((entities) =>
      entities.update(WizardSchema, { chatId: OWNER }, { expiresAt: Date.now() - 1 }),
    )
    expect(await bench.answer(repo.url)).toBe('I understand commands: /help')
    const press = await bench.sandbox.press(OWNER, MANAGER, question.message_id, '‹ Back')
    expect(press.answered).toBe(true)
    await bench.sandbox.waitFor(() => bench.said().some(({ text }) => text.startsWith('These questions have ended')))
    const chat = await bench.restart()
    await endForgotten({ engine: bench.engine, outbox: chat.outbox })
    expect(await rows()).toEqual([])
  })

  test('in a group it tells where, and the link begins it', async () => {
    const group = await bench.group()
    bench.sandbox.say(OWNER, group.id, '/addbot')
    const reply = await bench.sandbox.waitFor(() => bench.sandbox.messages(group.id).find(({ from }) => from.is_bot))
    const [link = ''] = /https:\S+/.exec(reply.text) ?? []
    expect(link).toBe(`https://t.me/${MANAGER}?start=addbot`)
    bench.sandbox.follow(OWNER, link)
    await wizard.question('New bot · Name')
  })

  test('who is no owner can not begin it', async () => {
    bench.sandbox.addPerson({ id: 7, name: 'Anna', username: 'anna' })
    await bench.answer('/grant 7 admin')
    bench.sandbox.say(7, MANAGER, '/addbot')
    const answers = () => bench.sandbox.conversation(MANAGER, 7).filter(({ from }) => from.is_bot)
    const [reply] = await bench.sandbox.waitFor(() => answers().length > 0 && answers())
    expect(reply?.text).toContain('Only owners may use /addbot')
    bench.sandbox.say(7, MANAGER, '/start addbot')
    await bench.sandbox.waitFor(() => answers().length > 1)
    expect(await rows()).toEqual([])
  })
})

describe('a press twice, forged or late', () => {
  test('the button of an earlier question does nothing', async () => {
    const build = await wizard
      .says('/addbot weather', 'Repository')
      .then(() => wizard.says(repo.url, 'How to build it'))
    const data = build.buttons.flat().find(({ text }) => text === 'Build it like this')?.callback_data ?? ''
    const at = build.message_id
    await wizard.presses('Build it like this', 'Token')
    deliver(data, at)
    deliver('deploy', at)
    deliver(data, at, 666)
    await wizard.says(token, 'Token variable')
    expect(await bots()).toEqual([])
  })

  test('a button that is pressed just when the look has ended asks what is asked now', async () => {
    await wizard.says('/addbot weather', 'Repository')
    const question = await wizard.says(repo.url, 'How to build it')
    const [row] = await rows()
    const buttons = await bench.engine.database.read.findBy(ButtonSchema, { label: '‹ Back' })
    const late = buttons.find(({ input }) => Number(input.turn) === (row?.turn ?? 0) - 1)
    deliver(late?.nonce ?? '', late?.messageId ?? 0)
    const nonces = (message: SandboxMessage | undefined) => JSON.stringify(message?.buttons)
    await bench.sandbox.waitFor(() => nonces(bench.said().at(-1)) !== nonces(question), { what: 'new buttons' })
    await wizard.presses('Build it like this', 'Token')
    expect((await rows())[0]).toMatchObject({ step: 'token', turn: (row?.turn ?? 0) + 1 })
  })

  test('an answer taken before a kill is not taken again after it: the question is asked once more', async () => {
    await wizard.says('/addbot', 'Name')
    await wizard.says('weather', 'Repository')
    const [before] = await rows()
    const said = bench.chat().findLast(({ text }) => text === 'weather')
    const message = { ...messageOf('weather'), message_id: said?.message_id ?? 0 }
    await handledAgain({ update_id: before?.updateId ?? 0, message })
    await wizard.question('weather · Repository')
    expect((await rows())[0]?.turn).toBe(before?.turn)
  })

  test('killed while Deploy is carried out, it is one bot and one deploy after it', async () => {
    const summary = await answerAll()
    const data = summary.buttons.flat().find(({ text }) => text === 'Deploy')?.callback_data ?? ''
    await bench.sandbox.press(OWNER, MANAGER, summary.message_id, 'Deploy')
    await bench.sandbox.waitFor(() => bench.queued.length > 0)
    await bench.stop()
    const [row] = await rows()
    const query = { ...queryOf(data, summary.message_id), id: '1' }
    await handledAgain({ update_id: row?.updateId ?? 0, callback_query: query })
    await bench.answer('/bots')
    expect(await bots()).toHaveLength(1)
    expect(await bench.engine.database.read.count('operation')).toBe(1)
  })

  test('killed between writing down that it is done and asking for the deploy, the press asks for it', async () => {
    const summary = await answerAll()
    const data = summary.buttons.flat().find(({ text }) => text === 'Deploy')?.callback_data ?? ''
    const whose = { chatId: OWNER, personId: OWNER }
    const { standing, turn = 0 } = (await openedWizard(bench.engine, whose)) ?? {}
    await addBot(bench.engine, newBot(standing?.answers as Answers))
    const updateId = 900_000_001
    const answers = { name: 'weather', values: {}, volumes: [], files: {} }
    const done = { at: spot('done'), trail: [], answers, note: [] }
    await bench.stop()
    await bench.engine.database.transaction((entities) =>
      writeWizard(bench.engine, entities, { whose, turn: turn + 1, updateId, standing: done }),
    )
    await handledAgain({ update_id: updateId, callback_query: { ...queryOf(data, summary.message_id), id: '1' } })
    await eventually(() => expect(bench.queued).toEqual([1]))
  })

  test('killed between registering and writing down that it is done, the same press goes on', async () => {
    await answerAll()
    const { standing } = (await openedWizard(bench.engine, { chatId: OWNER, personId: OWNER })) ?? {}
    await addBot(bench.engine, newBot(standing?.answers as Answers))
    await wizard.presses('Deploy', 'Deploying weather')
    expect(await bots()).toHaveLength(1)
    expect(bench.queued).toEqual([1])
  })
})

/** Puts an update back into the inbox, as if the process had died before its answer was written, and starts again. */
const handledAgain = async (update: { update_id: number } & Record<string, unknown>) => {
  await bench.stop()
  const { update_id: updateId } = update
  const sealed = bench.engine.vault.seal(0, `update:${updateId}`, new Secret(JSON.stringify(update)))
  await bench.engine.database.transaction((entities) =>
    addToInbox(entities, [{ updateId, sealed, acceptedAt: Date.now() }]),
  )
  await bench.restart()
  const isDone = async () => expect(await bench.engine.database.read.count('inbox')).toBe(0)
  await eventually(isDone)
}

const messageOf = (text: string) => {
  const from = { id: OWNER, is_bot: false, first_name: 'Olga' }
  return { date: Math.floor(Date.now() / 1000), chat: { id: OWNER, type: 'private', first_name: 'Olga' }, from, text }
}

const queryOf = (data: string, message: number, person = OWNER) => ({
  from: { id: person, is_bot: false, first_name: 'X' },
  message: { message_id: message, date: 1, chat: { id: OWNER, type: 'private' }, text: 'x' },
  chat_instance: '1',
  data,
})

/** A press as Telegram would deliver it, with whatever in it. */
const deliver = (data: string, message: number, person = OWNER) => {
  const id = String(bench.sandbox.calls.length + 1e9)
  bench.sandbox.deliver(MANAGER, 'callback_query', { id, ...queryOf(data, message, person) })
}

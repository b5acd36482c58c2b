import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ApiCall, SandboxMessage } from '../../telegram-sandbox/index.ts'
import { addIdleBot } from '../helpers/deployed-bot.ts'
import { objectsOf } from '../helpers/docker.ts'
import { type Installation, installation, OWNER } from '../helpers/installation.ts'
import { change, rows } from '../helpers/journal.ts'
import { addBoundGroup, addKnownPeople } from '../helpers/known-people.ts'

// faults.md, section 2, what a chat can say: an error or silence, and nothing changed. test/hostile says far more words
// to the commands alone.

const PETRA = 1002
const MALLORY = 666
const SPEAKERS = Array.from({ length: 20 }, (_, place) => 1101 + place)

let here: Installation
let group: number
let before: unknown

beforeAll(async () => {
  here = await installation()
  await here.start()
  await addIdleBot(here, 'my-bot', { says: 'never' })
  await addKnownPeople(
    here,
    [PETRA, ...SPEAKERS].map((id) => ({ id, name: nameOf(id), role: 'owner' })),
  )
  here.sandbox.addPerson({ id: MALLORY, name: nameOf(MALLORY) })
  group = await addBoundGroup(here, [OWNER, PETRA, MALLORY])
  // As an admin it hears everything.
  here.sandbox.promote(group, here.manager.id)
  before = await state()
})

afterAll(() => here.close())

// Without a last name: known people get the name that their updates have.
const nameOf = (id: number) => (id === OWNER ? 'Olga' : `Person${id}`)

const TABLES = ['bots', 'secrets', 'operations', 'releases', 'people', 'grants', 'invitations', 'places', 'awaited']

/** All that a command could change. */
const state = async () => ({
  tables: await Promise.all(TABLES.map((table) => rows(here.dataDir, `SELECT * FROM "${table}" ORDER BY rowid`))),
  docker: await objectsOf(here.instance),
})

const expectNothingChanged = async () => {
  expect(await state()).toEqual(before)
  expect(here.output()).not.toContain('"level":50')
}

const META = ['$(reboot)', '`id`', 'a;reboot', 'a|sh', '../..', '-rf', '--upload-pack=sh', '<b>']
const BAD = [...META, 'a\u0000b', '"a\nb"', '😀', 'x'.repeat(10_240)]
const BAD_PATHS = ['../..', '-rf', '--path', '/etc', 'a/../b', '.git', 'a\\b', 'a\u0000b', 'x'.repeat(10_240)]
const BAD_URLS = [
  ...['ext::sh', 'git@-oProxyCommand=sh:x', 'ssh://-oProxyCommand=sh/x', 'https://me:secret@example.org/x.git'],
  ...['http://example.org/x.git', 'https://example.org/%0a', 'javascript:alert(1)', 'file://../x', '/etc/passwd'],
]

const badCommands = (): string[] => [
  ...BAD.flatMap((bad) => [
    ...[`/${bad}`, `/help ${bad}`, `/status ${bad}`, `/deploy ${bad}`, `/logs ${bad}`, `/removebot ${bad}`],
    ...[
      `/addbot ${bad} https://example.org/x.git`,
      `/addbot new ${bad}`,
      `/addbot new https://example.org/x.git ${bad}`,
    ],
    ...[`/deploy my-bot ${bad}`, `/rollback my-bot ${bad}`, `/cancel my-bot ${bad}`, `/volume my-bot ${bad}`],
    ...[`/set my-bot ${bad}`, `/set my-bot branch=${bad}`, `/set my-bot repo=${bad}`, `/set my-bot token_env=${bad}`],
    ...[`/secret ${bad} KEY`, `/secret my-bot ${bad}`, `/gittoken ${bad}`, `/deploykey my-bot ${bad}`],
    ...[`/grant ${bad} viewer`, `/grant 5000 ${bad}`, `/revoke ${bad}`, `/logs my-bot --since ${bad}`],
  ]),
  ...BAD_PATHS.flatMap((bad) => [`/set my-bot path=${bad}`, `/addbot new https://example.org/x.git --path ${bad}`]),
  ...BAD_URLS.flatMap((bad) => [`/addbot new ${bad}`, `/set my-bot repo=${bad}`]),
]

/** What is wrong, and what to type instead. */
const CLEAR =
  /^(?!Internal).{10,200}\n(Usage: \/|Nothing was changed: |Allowed are: |See \/)|^I understand commands: \/help$/

test('metacharacters, dots, dashes, NUL, newlines, emoji and 10 kB: each is answered with a clear error', async () => {
  const commands = badCommands()
  const said = SPEAKERS.map((person, place) => ({
    person,
    texts: commands.filter((_, index) => index % SPEAKERS.length === place),
  }))
  for (const { person, texts } of said) for (const text of texts) here.say(text, person)
  const isAnswered = () => said.every(({ person, texts }) => answersTo(person).length >= texts.length)
  await here.sandbox.waitFor(isAnswered, { timeout: 150_000, what: 'an answer to each' })
  for (const { person, texts } of said) {
    const answers = answersTo(person).map(({ text }) => text)
    expect(answers).toHaveLength(texts.length)
    for (const [index, text] of texts.entries()) expect(answers[index], text.slice(0, 80)).toMatch(CLEAR)
  }
  await expectNothingChanged()
})

test('presses that are forged, replayed, expired or of somebody else are told so; strangers are not', async () => {
  const question = await asksToRemove()
  const { message_id } = question
  const [yes = '', no = ''] = noncesOf(question)
  const own = { data: yes, person: OWNER, chat: OWNER, message_id }
  for (const data of ['', 'removebot my-bot', 'A'.repeat(32), 'x'.repeat(64), `${yes}\u0000`, `${yes.slice(1)}A`]) {
    expect(await alertFor({ ...own, data }), data).toMatch(REFUSED)
  }
  expect(await alertFor({ ...own, message_id: message_id + 1 })).toMatch(REFUSED)
  expect(await alertFor({ ...own, chat: PETRA })).toMatch(REFUSED)
  expect(await alertFor({ ...own, chat: group })).toMatch(REFUSED)
  expect(await alertFor({ ...own, person: PETRA })).toMatch(REFUSED)
  const unheard = deliverPress({ ...own, person: MALLORY })

  await here.sandbox.press(OWNER, here.manager.username, message_id, question.buttons[0]?.[1]?.text ?? '')
  expect(await alertFor(own)).toMatch(REFUSED)
  expect(await alertFor({ ...own, data: no })).toMatch(REFUSED)

  const late = await asksToRemove()
  const [lateYes = ''] = noncesOf(late)
  await change(here.dataDir, 'UPDATE buttons SET expires_at = 1 WHERE nonce = ?', [lateYes])
  expect(await alertFor({ ...own, data: lateYes, message_id: late.message_id })).toMatch(REFUSED)
  expect(answerTo(unheard)).toBeUndefined()
  await expectNothingChanged()
})

test('edited and forwarded, of anonymous admins, channels, bots and strangers: silence, or said once', async () => {
  const { sandbox, manager } = here
  const elsewhere = sandbox.addGroup({ title: 'Elsewhere', members: [OWNER, MALLORY, manager.id] }).id
  const channel = sandbox.addChannel({ title: 'News', members: [OWNER, manager.id], linkedGroup: group }).id
  const other = sandbox.addBot({ username: 'some_other_bot' })
  const heard = answersTo(OWNER).length
  const mine = here.say('hello')
  for (let time = 0; time < 3; time++) {
    sandbox.edit(OWNER, manager.username, mine.message_id, `/deploy my-bot main${time}`)
    sandbox.say(OWNER, manager.username, DEPLOY, { forwarded: MALLORY })
    sandbox.say(MALLORY, manager.username, DEPLOY, { forwarded: OWNER })
    for (const person of [OWNER, MALLORY]) sandbox.say(person, elsewhere, DEPLOY)
    sandbox.say(MALLORY, group, DEPLOY)
    sandbox.say(OWNER, group, DEPLOY, { anonymous: true })
    sandbox.say(OWNER, group, DEPLOY, { forwarded: true })
    sandbox.say(OWNER, group, `/deploy@${other.username} my-bot main`)
    sandbox.say(OWNER, channel, DEPLOY)
    deliver({ via_bot: { id: other.id, is_bot: true, first_name: 'Other' } })
    deliver({ from: { id: other.id, is_bot: true, first_name: 'Other' } })
    deliver({ sender_chat: { id: channel, type: 'channel', title: 'News' } })
  }
  const { message_id } = sandbox.say(OWNER, group, '/status gone-group')
  sandbox.edit(OWNER, group, message_id, DEPLOY)
  sandbox.sendFile(OWNER, manager.username, { name: 'a.txt', content: 'a', caption: DEPLOY })
  await here.reads(/named gone-last/, { after: here.say('/status gone-last') })
  await sandbox.waitFor(() => botsIn(sandbox.messages(group)).length > 0 && sandbox.pending(manager.id) === 0)

  expect(answersTo(OWNER).slice(heard).map(firstLine)).toEqual([
    'I understand commands: /help',
    'I don’t act on edited or forwarded messages; send it again',
    'I understand commands: /help',
    'There is no bot named gone-last',
  ])
  expect(botsIn(sandbox.messages(elsewhere)).map(firstLine)).toEqual(['I take commands here after an owner says /here'])
  expect(botsIn(sandbox.messages(group)).map(firstLine)).toEqual(['There is no bot named gone-group'])
  expect(botsIn(sandbox.messages(channel))).toEqual([])
  expect(answersTo(MALLORY)).toEqual([])
  await expectNothingChanged()
})

test('commands that are older than five minutes at the start are named and not run', async () => {
  await here.stop()
  const date = Math.floor(Date.now() / 1000) - 301
  for (const ref of ['main', 'next']) deliver({ date, text: `/deploy my-bot ${ref}` })
  deliver({ date, from: user(PETRA), chat: { id: group, type: 'supergroup', title: 'Ops' } })
  deliver({ date, from: user(MALLORY), chat: { id: MALLORY, type: 'private', first_name: nameOf(MALLORY) } })
  await here.start()

  const told = await here.reads(/^Not run/)
  expect(told.text).toBe(
    'Not run, since I was away: /deploy my-bot main, /deploy my-bot next. Send again what is still wanted.',
  )
  const inGroup = 'Not run, since I was away: /deploy my-bot main. Send again what is still wanted.'
  const { sandbox } = here
  await sandbox.waitFor(() => botsIn(sandbox.messages(group)).some(({ text }) => text === inGroup))
  expect(answersTo(MALLORY)).toEqual([])
  await expectNothingChanged()
})

const DEPLOY = '/deploy my-bot main'

const REFUSED = /^This button was used, is too old, or is not yours/

const botsIn = (messages: readonly SandboxMessage[]) => messages.filter(({ from }) => from.is_bot)

const answersTo = (person: number) => botsIn(here.sandbox.conversation(here.manager.username, person))

const firstLine = ({ text }: SandboxMessage) => text.split('\n')[0]

const user = (id: number) => ({ id, is_bot: false, first_name: nameOf(id) })

/** A message as only Telegram's servers can make it: the owner's, in the private chat, unless it says otherwise. */
const deliver = (message: Record<string, unknown>) => {
  const chat = { id: OWNER, type: 'private', first_name: nameOf(OWNER) }
  const usual = { message_id: 90_000, date: Math.floor(Date.now() / 1000), chat, from: user(OWNER), text: DEPLOY }
  here.sandbox.deliver(here.manager.username, 'message', { ...usual, ...message })
}

const asksToRemove = () => here.reads(/Confirm within 60 s/, { after: here.say('/removebot my-bot') })

const noncesOf = ({ buttons }: SandboxMessage) => buttons.flat().map(({ callback_data = '' }) => callback_data)

type Press = { data: string; person: number; chat: number; message_id: number }

let presses = 0

/** Gives the press's id. */
const deliverPress = ({ data, person, chat, message_id }: Press): string => {
  presses += 1
  const type = chat < 0 ? 'supergroup' : 'private'
  const message = { message_id, date: 1, chat: { id: chat, type }, text: 'Remove?' }
  const query = { id: `press-${presses}`, from: user(person), message, chat_instance: '1', data }
  here.sandbox.deliver(here.manager.username, 'callback_query', query)
  return query.id
}

const answerTo = (press: string): ApiCall | undefined =>
  here.sandbox.calls.find(
    ({ method, params }) => method === 'answerCallbackQuery' && params.callback_query_id === press,
  )

const alertFor = async (press: Press): Promise<string> => {
  const id = deliverPress(press)
  const { params } = await here.sandbox.waitFor(() => answerTo(id), { what: `an answer to ${id}` })
  return String(params.text)
}

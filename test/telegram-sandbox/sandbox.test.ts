import { mkdtemp, readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openSandbox } from '../../telegram-sandbox/index.ts'
import { botCalls, openWorld } from './world.ts'

test('people, bots, chats, files and waiting updates survive', async () => {
  const stateFile = join(await mkdtemp(join(tmpdir(), 'sandbox-')), 'state', 'sandbox.json')
  const before = await openSandbox({ stateFile })
  const olga = before.addPerson({ name: 'Olga' })
  const bot = before.addBot({ username: 'echo_bot' })
  before.say(olga.id, 'echo_bot', 'hello')
  const [update] = await botCalls(before, bot).getUpdates()
  const body = new FormData()
  body.set('chat_id', String(olga.id))
  body.set('document', new File(['kept'], 'a.txt'))
  await fetch(`${before.apiRoot}/bot${bot.token}/sendDocument`, { method: 'POST', body })
  await before.close()

  const after = await openSandbox({ stateFile })
  onTestFinished(() => after.close())
  expect(after.addPerson({ id: olga.id, name: 'Olga' })).toEqual(olga)
  expect(after.addBot({ username: 'echo_bot' })).toEqual(bot)
  expect(after.conversation('echo_bot', olga.id)[1]?.document?.content.toString()).toBe('kept')
  expect(await botCalls(after, bot).getUpdates()).toEqual([update])
})

test('the state file is the owner’s alone and written soon', async () => {
  const stateFile = join(await mkdtemp(join(tmpdir(), 'sandbox-')), 'sandbox.json')
  const { olga } = await openWorld({ stateFile })
  await expect.poll(() => readFile(stateFile, 'utf8').catch(() => '')).toContain(olga.name)
  expect((await stat(stateFile)).mode & 0o777).toBe(0o600)
})

test('a damaged state file is refused by name', async () => {
  await expect(openSandbox({ stateFile: import.meta.filename })).rejects.toThrow(
    `The sandbox's state in ${import.meta.filename} is damaged`,
  )
})

test('waitFor says what it waited for and what it saw', async () => {
  const { sandbox, olga } = await openWorld()
  sandbox.say(olga.id, 'echo_bot', 'hello')
  const wait = sandbox.waitFor(() => false, { timeout: 20, what: 'an answer of the bot' })
  await expect(wait).rejects.toThrow(/20 ms: an answer of the bot\nLast messages:\n\[@echo_bot, Olga\] Olga #1: hello/)
})

test('a taken page port is told by its code, and frees the API port', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await new Promise((resolve) => other.once('listening', resolve))
  const address = other.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  await expect(openSandbox({ page: { port } })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('the API answers on every host, on one port', async () => {
  const { sandbox, bot } = await openWorld({ apiHosts: ['127.0.0.1', '127.0.0.2'] })
  for (const host of ['127.0.0.1', '127.0.0.2']) {
    expect((await fetch(`http://${host}:${sandbox.apiPort}/bot${bot.token}/getMe`)).status).toBe(200)
  }
})

test('an empty message or an unknown bot is an error of the caller', async () => {
  const { sandbox, olga } = await openWorld()
  expect(() => sandbox.say(olga.id, 'echo_bot', '  ')).toThrow('not empty')
  expect(() => sandbox.say(olga.id, 'nobody_bot', 'hi')).toThrow('No bot named nobody_bot in the sandbox')
})

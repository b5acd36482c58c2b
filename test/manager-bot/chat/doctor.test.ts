import { randomBytes } from 'node:crypto'
import { chmod, stat } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { setGrant } from '../../../manager-bot/chat/records/grant.ts'
import { addPerson } from '../../../manager-bot/chat/records/person.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'

const ADMIN = 43

let bench: ChatBench

beforeEach(async () => {
  // Others leave something in Docker under the name that they share.
  bench = await chatBench({ instance: `tbs-t${randomBytes(4).toString('hex')}` })
  await bench.start()
  await chmod(bench.engine.settings.dataDir, 0o700)
})

afterEach(() => bench.close())

const mode = async () => (await stat(bench.engine.settings.keyFile)).mode & 0o777

test('/doctor tells bad things first, and its button does what is safe once that is confirmed', async () => {
  const { keyFile } = bench.engine.settings
  await chmod(keyFile, 0o644)
  const [answer] = await bench.answers(bench.says('/doctor'))
  expect(answer?.text).toMatch(/^✗ Keys and data: \S+\.key has mode 0644\n/)
  expect(answer?.text).toContain(`Can be done here: Set the mode of ${keyFile} to 0600`)
  expect(answer?.text).toMatch(/\d+ more checks are fine:/)

  const pressed = bench.sandbox.press(OWNER, MANAGER, answer?.message_id ?? 0, 'Fix')
  const question = await bench.sandbox.waitFor(() => bench.said().find(({ text }) => text.includes('Confirm within')))
  expect(question.text).toMatch(/^Do this\?\n– Set the mode of \S+ to 0600\nIt takes/)
  expect(await mode()).toBe(0o644)
  await pressed
  await bench.sandbox.press(OWNER, MANAGER, question.message_id, 'Do it')
  await bench.sandbox.waitFor(() => bench.said().find(({ text }) => text.includes('Done, and looked at again')))
  expect(await mode()).toBe(0o600)
  expect(await bench.answer('/audit')).toMatch(/doctor/)
  const [again] = await bench.answers(bench.says('/doctor --fix'))
  expect(again?.text).toBe('There is nothing that can be done from here.')
})

test('nobody but an owner sees it', async () => {
  bench.sandbox.addPerson({ id: ADMIN, name: 'Ada' })
  await bench.engine.database.transaction(async (entities) => {
    await addPerson(entities, { telegramId: ADMIN, name: 'Ada', createdAt: 1 })
    await setGrant(entities, { personId: ADMIN, botId: 0, role: 'admin', grantedBy: 'x', createdAt: 1 })
  })
  bench.says('/doctor', ADMIN)
  const answer = await bench.sandbox.waitFor(
    () => bench.sandbox.conversation(MANAGER, ADMIN).find(({ from }) => from.is_bot),
    { what: 'an answer' },
  )
  expect(answer.text).toContain('Only owners may use /doctor')
})

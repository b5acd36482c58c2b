import { expect, test } from 'vitest'
import { openWorld } from './world.ts'

const commands = [{ command: 'deploy', description: 'Build and switch' }]

test('commands are kept per scope', async () => {
  const { call } = await openWorld()
  const scope = { type: 'chat', chat_id: 1001 }
  await call('setMyCommands', { commands, scope })
  expect((await call('getMyCommands', { scope })).result).toEqual(commands)
  expect((await call('getMyCommands')).result).toEqual([])
  await call('deleteMyCommands', { scope })
  expect((await call('getMyCommands', { scope })).result).toEqual([])
})

test.each([
  [{ commands: [{ command: 'Deploy', description: 'x' }] }, 'Bad Request: BOT_COMMAND_INVALID'],
  [{ commands: Array.from({ length: 101 }, () => commands[0]) }, 'Bad Request: BOT_COMMANDS_TOO_MUCH'],
  [{ commands: [{ command: 'deploy' }] }, `Bad Request: can't parse BotCommand: Can't find field "description"`],
  [{ commands, scope: { type: 'moon' } }, "Bad Request: can't parse BotCommandScope: Unsupported type specified"],
])('wrong commands are refused', async (params, description) => {
  const { call } = await openWorld()
  expect(await call('setMyCommands', params)).toMatchObject({ error_code: 400, description })
})

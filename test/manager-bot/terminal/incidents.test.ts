import { afterEach, beforeEach, expect, test } from 'vitest'
import { type OpenEngine, openEngine } from '../../../deploy-engine/index.ts'
import { chatTables } from '../../../manager-bot/chat/records/tables.ts'
import { engineSettings, readConfig } from '../../../manager-bot/config.ts'
import { quietLog } from '../../helpers/engine.ts'
import { alertsIn, crash, end } from '../chat/alert-bench.ts'
import { type InstallationBench, installationBench, MANAGER, OWNER } from '../installation-bench.ts'

let bench: InstallationBench
let opened: OpenEngine

beforeEach(async () => {
  bench = await installationBench()
  const { token } = bench.sandbox.addBot({ username: 'echo_bot', name: 'Echo' })
  await bench.run(['addbot', 'echo-bot', 'file:///nowhere', 'main'], `${token}\n`)
  opened = await openEngine(engineSettings(readConfig(bench.environment)), { log: quietLog, ...chatTables })
})

afterEach(async () => {
  await opened.close()
  await bench.close()
})

test('/incidents, /ack and /mute in the terminal; a running manager shows what came of it', async () => {
  expect((await bench.run(['incidents'])).out).toBe('Nothing is wrong now.\n')
  expect((await bench.run(['ack'])).out).toBe('Nothing is wrong now.\n')
  const { id } = await crash(opened, 'echo-bot')
  expect((await bench.run(['incidents', 'echo-bot'])).out).toMatch(
    /^Open\n⚠ echo-bot crashed: exit code 1 · incident 1 · /,
  )
  const { open } = JSON.parse((await bench.run(['incidents', '--json'])).out)
  expect(open).toMatchObject([{ incident: id, bot: 'echo-bot', kind: 'crash', count: 1, ackedBy: null }])

  await bench.serve()
  const alert = () => alertsIn(bench.sandbox.conversation(MANAGER, OWNER))[0]?.text ?? ''
  await bench.sandbox.waitFor(() => alert().startsWith('echo-bot crashed'))
  expect((await bench.run(['ack'])).out).toMatch(/ in the terminal takes care of incident 1: echo-bot crashed/)
  expect((await bench.run(['mute', 'echo-bot', '2h'])).out).toContain('To end that: tbs-manager mute echo-bot off')
  await bench.sandbox.waitFor(() => / in the terminal takes care of it\nMuted until/.test(alert()), { timeout: 15_000 })
  await end(opened, id)
  expect((await bench.run(['ack', String(id)])).err).toContain('That is over already\nSee tbs-manager incidents')
  expect((await bench.run(['mute', 'host', 'off', '--json'])).out).toBe('{"bot":"host","until":null}\n')
}, 90_000)

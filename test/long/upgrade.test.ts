import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SandboxMessage } from '../../telegram-sandbox/index.ts'
import { sandboxHosts } from '../helpers/docker.ts'
import { type InstallBench, installBench, OWNER } from '../helpers/install-bench.ts'
import { type OtherVersion, otherVersion } from '../helpers/other-version.ts'
import { registryOf } from '../helpers/registry.ts'
import { freshVps, type Vps } from '../helpers/vps.ts'

// faults.md, row 15, for real: the installed package is replaced by others that were made of it. What is cut off at
// each of its calls is test/faults/upgrade.test.ts.

let bench: InstallBench
let vps: Vps
let registry: Awaited<ReturnType<typeof registryOf>>
let bot: string

beforeAll(async () => {
  bench = await installBench()
  const [, address = ''] = await sandboxHosts()
  registry = await registryOf(address, [await other('0.9.0'), await other('0.4.0')])
  vps = await freshVps({ docker: true })
  await vps.allow('root', bench.publicKey)
  const env = { TBS_OWNER_ID: String(OWNER), NPM_CONFIG_REGISTRY: registry.url }
  const installed = await bench.install(vps, { env })
  expect(installed.code, installed.output).toBe(0)
  const account = bench.sandbox.addBot({ username: 'echo_bot', name: 'Echo' })
  await bench.reads(/token/i, { after: bench.say(`/addbot echo-bot ${bench.repo}`) })
  await bench.reads(/\/deploy echo-bot/, { after: bench.say(account.token) })
  await deploy()
  bot = await botOf()
}, 600_000)

afterAll(async () => {
  await vps?.close()
  await registry?.close()
  await bench?.close()
})

const other = (version: string, change?: (code: string) => string) =>
  otherVersion(bench.packed.tarball, version, change)

const deploy = async (): Promise<void> => {
  const deploying = bench.say('/deploy echo-bot main')
  const talking = setInterval(() => bench.sandbox.say(OWNER, 'echo_bot', 'hello'), 500)
  await bench.reads(/is live/, { after: deploying, timeout: 90_000 }).finally(() => clearInterval(talking))
}

/** Which container the bot is, and since when it runs. */
const botOf = () =>
  vps.sh("docker inspect -f '{{.Id}} {{.State.StartedAt}}' $(docker ps -q --filter label=tbs.role=bot)")

const managers = async () =>
  (await vps.sh("docker ps -a --filter label=tbs.role=manager --format '{{.Names}} {{.State}}'")).trim()

const migrations = () =>
  vps.sh(`docker exec tbs-manager node -e '
    const { Database } = require("/opt/tbs-manager/node_modules/sqlite3")
    new Database("/var/lib/tbs/tbs.sqlite").all("SELECT name FROM migrations", (_, rows) => console.log(rows.length))'`)

const press = ({ message_id }: SandboxMessage, button: string) =>
  bench.sandbox.press(OWNER, bench.manager.username, message_id, button)

type Told = { done?: true; upgrade?: { gapMs: number }; error?: { code: string; message: string } }

const upgrade = async (to: OtherVersion | undefined, ...options: string[]) => {
  const words = ['upgrade', `root@${vps.address}`, '--yes', '--json', ...options]
  const program = bench.begin(vps, words, ...(to ? [{ launcher: to.launcher }] : []))
  program.child.stdin.end()
  const { code, out, err } = await program.ended
  const last: Told = JSON.parse(out.trim().split('\n').at(-1) ?? '{}')
  return { code, last, output: out + err }
}

const answers = async (): Promise<void> => {
  await bench.reads(/echo-bot .* live/, { after: bench.say('/status echo-bot'), timeout: 30_000 })
}

const isWell = async (): Promise<void> => {
  await answers()
  expect(await managers()).toBe('tbs-manager running')
  expect(await botOf()).toBe(bot)
}

/** Waits until the journal on the server says so. */
const phase = (version: string, name: string) => {
  const line = `"version":"${version}".*"phase":"${name}"`
  return vps.sh(`while ! grep -q '${line}' /var/lib/tbs/upgrade/journal.json; do sleep 0.05; done`)
}

const DEAF = (code: string) => code.replaceAll('"getUpdates"', '"getUpdatez"')

const MIGRATIONS = `
  class Adds1800000000000 {
    name = "Adds1800000000000";
    async up(runner) { await runner.query("CREATE TABLE added (id INTEGER)"); }
  },
  class Fails1800000000001 {
    name = "Fails1800000000001";
    async up(runner) { await runner.query("DELETE FROM bots"); throw new Error("half-way"); }
  },`

const BROKEN: [what: string, version: string, change: (code: string) => string, reason: RegExp][] = [
  ['does not start', '0.2.1', (code) => `if (process.argv[2] === "serve") process.exit(3);\n${code}`, /code 3/],
  ['can not poll', '0.2.2', DEAF, /did not reach Telegram/],
  [
    'has a migration that fails',
    '0.2.3',
    (code) => code.replace('OWN_MIGRATIONS = [', `OWN_MIGRATIONS = [${MIGRATIONS}`),
    /exited with code/,
  ],
]

test.each(BROKEN)('one that %s: the old one is back, its database as before', async (_, version, change, reason) => {
  const before = await migrations()
  const { code, last, output } = await upgrade(await other(version, change))
  expect(code, output).toBe(1)
  expect(last.error).toMatchObject({ code: 'upgrade_undone', message: expect.stringMatching(reason) })
  const told = await bench.reads(new RegExp(`Not upgraded to ${version}`), { timeout: 30_000 })
  expect(told.text).toContain('is back, with its data as it was')
  expect(await migrations()).toBe(before)
  await isWell()
})

test('it is refused while a deploy runs', async () => {
  const good = await other('0.2.0')
  const deploying = deploy()
  await bench.reads(/See it work/, { timeout: 60_000 })
  const { code, last } = await upgrade(good)
  expect({ code, error: last.error?.code }).toEqual({ code: 1, error: 'operations_running' })
  await deploying
  bot = await botOf()
  await isWell()
})

test('a good one takes over within seconds, and says so; bots go on; an older package is refused', async () => {
  const { code, last, output } = await upgrade(await other('0.2.0'))
  expect(code, output).toBe(0)
  console.log(`no manager listened for ${last.upgrade?.gapMs} ms`)
  expect(last.upgrade?.gapMs).toBeLessThan(30_000)
  await bench.reads(/Upgraded to 0\.2\.0/, { timeout: 30_000 })
  await isWell()
  const older = await bench.install(vps)
  expect(older.error).toMatchObject({ code: 'newer_there' })
  await isWell()
})

test('what carries it out is killed half-way, and goes on', async () => {
  const upgrading = upgrade(await other('0.3.0'))
  await phase('0.3.0', 'trying')
  await vps.sh("kill -9 $(docker inspect -f '{{.State.Pid}}' tbs-upgrade)")
  const { code, output } = await upgrading
  expect(code, output).toBe(0)
  await isWell()
})

test('the server is rebooted while a bad one is tried: the old one is back', async () => {
  const before = await migrations()
  const upgrading = upgrade(await other('0.3.1', DEAF))
  await phase('0.3.1', 'trying')
  await vps.reboot()
  await upgrading
  await bench.reads(/Not upgraded to 0\.3\.1/, { timeout: 180_000 })
  expect(await migrations()).toBe(before)
  await answers()
  expect(await managers()).toBe('tbs-manager running')
  bot = await botOf()
})

test('from the chat by the newest version of the registry, and back again', async () => {
  const asked = bench.say('/upgrade')
  const question = await bench.reads(/Replace the manager by 0\.4\.0/, { after: asked })
  await press(question, 'Upgrade')
  await bench.reads(/Upgraded to 0\.4\.0, from 0\.3\.0/, { after: asked, timeout: 240_000 })
  await isWell()
  const back = bench.say('/upgrade --rollback')
  await press(await bench.reads(/Replace the manager by 0\.3\.0, the version before/, { after: back }), 'Go back')
  await bench.reads(/Back to 0\.3\.0, from 0\.4\.0/, { after: back, timeout: 60_000 })
  await isWell()
})

test('after a reboot all is back', async () => {
  await vps.reboot()
  await expect.poll(() => managers().catch(() => ''), { timeout: 60_000 }).toBe('tbs-manager running')
  await answers()
})

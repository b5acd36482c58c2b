import { afterAll, beforeAll, expect, test } from 'vitest'
import { STEPS } from '../../manager-bot/terminal/install/steps.ts'
import { type InstallBench, installBench, OWNER } from '../helpers/install-bench.ts'
import { freshVps, type Vps } from '../helpers/vps.ts'

// A server of one's own in a container: nothing but sshd at first.

let bench: InstallBench
let vps: Vps

beforeAll(async () => {
  bench = await installBench()
  vps = await freshVps({ docker: false })
  await vps.allow('root', bench.publicKey)
}, 300_000)

afterAll(async () => {
  await vps?.close()
  await bench?.close()
})

test('one command from nothing but sshd to a bot that is live, and the same again changes nothing', async () => {
  const first = await bench.install(vps)
  expect(first.error, first.output).toBeUndefined()
  expect(first.code).toBe(0)
  expect(ended(first.events)).toEqual(Object.keys(STEPS))
  expect(first.done?.recoveryKey).toMatch(/^AGE-SECRET-KEY-1/)

  const [, code] = /^https:\/\/t\.me\/installed_manager_bot\?start=([\w-]{22})$/.exec(first.done?.link ?? '') ?? []
  const claimed = bench.say(`/start ${code}`)
  await bench.reads(/You own this manager now/, { after: claimed })
  const bot = bench.sandbox.addBot({ username: 'echo_bot', name: 'Echo' })
  const adding = bench.say(`/addbot echo-bot ${bench.repo}`)
  await bench.reads(/token/i, { after: adding })
  const told = bench.say(bot.token)
  await bench.reads(/\/deploy echo-bot/, { after: told })
  const deploying = bench.say('/deploy echo-bot main')
  // So near to its Telegram a bot to which nobody writes is not always seen waiting: docs/liveness.md.
  const talking = setInterval(() => bench.sandbox.say(OWNER, 'echo_bot', 'hello'), 500)
  const live = bench.reads(/is live/, { after: deploying, timeout: 150_000 })
  await live.finally(() => clearInterval(talking))
  expect(await vps.sh('cat /var/lib/tbs/owners')).toBe(`${OWNER}\n`)
  expect(await modes(vps)).toEqual({
    '/etc/tbs': '700',
    '/etc/tbs/keys': '700',
    '/etc/tbs/keys/master.key': '600',
    '/etc/tbs/manager.env': '600',
    '/etc/tbs/token': '600',
    '/var/lib/tbs': '700',
  })

  const bots = bench.begin(vps, ['bots', '--host', `root@${vps.address}`])
  bots.child.stdin.end()
  expect(await bots.ended).toMatchObject({ code: 0, out: expect.stringMatching(/^echo-bot .*live/), err: '' })

  const before = await managerOf(vps)
  const again = await bench.install(vps)
  expect(again.code, again.output).toBe(0)
  expect(again.events.filter(({ changed }) => changed).map(({ step }) => step)).toEqual([])
  expect(again.done?.recoveryKey).toBeUndefined()
  expect(await managerOf(vps)).toBe(before)

  await vps.reboot()
  await expect.poll(() => vps.sh('docker ps -q | wc -l').catch(() => ''), { timeout: 30_000 }).toBe('2\n')
  const asked = bench.say('/status echo-bot')
  await bench.reads(/live/, { after: asked, timeout: 120_000 })
  const greeted = bench.sandbox.say(OWNER, 'echo_bot', 'still there?')
  await bench.sandbox.waitFor(
    (s) =>
      s.conversation('echo_bot', OWNER).find(({ from, message_id }) => from.is_bot && message_id > greeted.message_id),
    { timeout: 120_000, what: 'an echo after the reboot' },
  )
}, 600_000)

const ended = (events: { step: string; state: string }[]) =>
  events.filter(({ state }) => state === 'end').map(({ step }) => step)

const modes = async ({ sh }: Vps) => {
  const paths = '/etc/tbs /etc/tbs/keys /etc/tbs/keys/master.key /etc/tbs/manager.env /etc/tbs/token /var/lib/tbs'
  const lines = (await sh(`stat -c '%n %a' ${paths}`)).trim().split('\n')
  return Object.fromEntries(lines.map((line) => line.split(' ')))
}

/** Which container it is, and since when it runs. */
const managerOf = ({ sh }: Vps) =>
  sh("docker inspect -f '{{.Id}} {{.State.StartedAt}}' $(docker ps -q --filter label=tbs.role=manager)")

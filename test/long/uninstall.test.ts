import { afterAll, beforeAll, expect, test } from 'vitest'
import { type InstallBench, installBench } from '../helpers/install-bench.ts'
import { freshVps, type Vps } from '../helpers/vps.ts'

// What an installation consists of, without a manager that works; test/long/door.test.ts takes a real one away.

let bench: InstallBench
let vps: Vps

beforeAll(async () => {
  bench = await installBench()
  vps = await freshVps({ docker: true })
  await vps.allow('root', bench.publicKey)
}, 300_000)

afterAll(async () => {
  await vps?.close()
  await bench?.close()
})

const uninstall = async (...options: string[]) => {
  const key = (await vps.sh('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub')).split(' ')[1] ?? ''
  const program = bench.begin(vps, ['uninstall', `root@${vps.address}`, '--fingerprint', key, ...options])
  program.child.stdin.end()
  return program.ended
}

const make = (instance: string) => `
  own="--label tbs.instance=${instance}"
  docker run -d --name ${instance}-manager $own --label tbs.role=manager node:24-bookworm-slim sleep 1000
  docker network create $own --label tbs.bot=echo ${instance}-echo
  docker run -d --name ${instance}-echo --network ${instance}-echo $own --label tbs.role=bot --label tbs.bot=echo \\
    node:24-bookworm-slim sleep 1000
  docker volume create $own --label tbs.bot=echo ${instance}-echo-data
  mkdir -p /etc/${instance}/keys /var/lib/${instance}/backups /usr/local/lib/${instance}
  touch /etc/${instance}/token /etc/${instance}/manager.env /etc/${instance}/keys/master.key
  touch /var/lib/${instance}/tbs.sqlite /var/lib/${instance}/backups/1 /usr/local/lib/${instance}/host-timer.sh
  touch /etc/cron.d/${instance}-host-timer`

const left = async (instance: string) => {
  const objects = ['ps -a', 'network ls', 'volume ls'].map((list) => `docker ${list} -q --filter name=${instance}-`)
  const places = ['/etc/I', '/etc/I/*', '/var/lib/I', '/usr/local/lib/I', '/etc/cron.d/I-*'].join(' ')
  const paths = `ls -d ${places.replaceAll('I', instance)}`
  const count = await vps.sh(objects.map((list) => `${list} | wc -l`).join(';'))
  return { objects: count.trim().split('\n').map(Number), paths: (await vps.sh(`${paths} 2>/dev/null || true`)).trim() }
}

test('the manager goes, bots and data stay until they are named, and another installation is untouched', async () => {
  await vps.sh(make('tbs'))
  await vps.sh(make('other'))
  const other = await left('other')

  const unsure = await uninstall('--no-backup')
  expect(unsure).toMatchObject({ code: 1, err: expect.stringContaining('Nobody can be asked') })
  const broken = await uninstall('--yes')
  expect(broken).toMatchObject({ code: 1, err: expect.stringContaining('Nothing was removed') })
  expect((await left('tbs')).objects).toEqual([2, 1, 1])

  expect(await uninstall('--yes', '--no-backup')).toMatchObject({ code: 0, err: '' })
  expect(await left('tbs')).toEqual({ objects: [1, 1, 1], paths: '/etc/tbs\n/etc/tbs/keys\n/var/lib/tbs' })
  expect(await uninstall()).toMatchObject({ code: 0, out: expect.stringMatching(/^There is nothing left of/) })

  expect(await uninstall('--yes', '--bots', '--data')).toMatchObject({ code: 0, err: '' })
  expect(await left('tbs')).toEqual({ objects: [0, 0, 0], paths: '' })
  expect(await left('other')).toEqual(other)
})

import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { putHostTimer } from '../../../../manager-bot/terminal/install/host-timer.ts'
import { placesOf } from '../../../../manager-bot/terminal/install/places.ts'
import type { ServerFacts } from '../../../../manager-bot/terminal/install/server.ts'
import type { Target } from '../../../../manager-bot/terminal/install/target.ts'

/** A machine that keeps what is put there, and every other command. */
const recording = () => {
  const files: Record<string, string> = {}
  const commands: string[] = []
  const root: Target = {
    name: 'root@vps',
    close: () => {},
    attach: async () => 1,
    run: async (argv, options = {}) => {
      const path = argv[4] ?? ''
      const changed = options.stdin !== undefined && files[path] !== options.stdin
      if (typeof options.stdin === 'string') files[path] = options.stdin
      else if (argv[0] !== 'sh') commands.push(argv.join(' '))
      return { code: 0, stdout: changed ? 'written\n' : '', stderr: '' }
    },
  }
  return { root, files, commands }
}

const server: ServerFacts = {
  system: 'Debian',
  id: 'debian',
  family: 'debian',
  machine: 'x86-64',
  hasSystemd: true,
  timezone: 'Etc/UTC',
}

test('with systemd its units are put, named after the instance, and the timer is enabled', async () => {
  const { root, files, commands } = recording()
  const own = { version: '1', hash: '', archive: Buffer.alloc(0), read: (path: string) => readFile(path, 'utf8') }
  const wanted = { instance: 'two', places: placesOf('two'), server, own, apiRoot: "http://it's:1" }
  expect(await putHostTimer(root, wanted, {})).toEqual({ by: 'systemd', changed: true })
  expect(Object.keys(files).sort()).toEqual([
    '/etc/systemd/system/two-host-timer.service',
    '/etc/systemd/system/two-host-timer.timer',
    '/etc/two/host-timer.conf',
    '/usr/local/lib/two/host-timer.sh',
  ])
  const run = 'ExecStart=/usr/local/lib/two/host-timer.sh /etc/two/host-timer.conf\n'
  expect(files['/etc/systemd/system/two-host-timer.service']).toContain(run)
  expect(files['/etc/two/host-timer.conf']).toBe(
    [
      'TBS_INSTANCE=two',
      'TBS_TOKEN_FILE=/etc/two/token',
      'TBS_OWNER_FILE=/var/lib/two/owners',
      'TBS_TIMER_STATE=/var/lib/two/host-timer',
      'TBS_UPGRADE_MARKER=/var/lib/two/upgrading',
      "TELEGRAM_API_ROOT='http://it'\\''s:1'",
      '',
    ].join('\n'),
  )
  expect(commands.slice(-2)).toEqual(['systemctl daemon-reload', 'systemctl enable --now two-host-timer.timer'])
  expect(await putHostTimer(root, wanted, {})).toEqual({ by: 'systemd', changed: false })
})

import { expect, test } from 'vitest'
import { lookAtRoom, roomText } from '../../../../manager-bot/terminal/install/room.ts'
import { lookAtServer } from '../../../../manager-bot/terminal/install/server.ts'
import type { Target } from '../../../../manager-bot/terminal/install/target.ts'

/** A machine that answers what others have answered, by the beginning of the command. */
const answering = (answers: Record<string, string>): Target => ({
  name: 'root@vps',
  close: () => {},
  attach: async () => 1,
  run: async (argv) => {
    const found = Object.entries(answers).find(([command]) => argv.join(' ').startsWith(command))
    return found ? { code: 0, stdout: found[1], stderr: '' } : { code: 1, stdout: '', stderr: '' }
  },
})

const server = (release: string, kernel = 'Linux x86_64') =>
  lookAtServer(answering({ 'cat /etc/os-release': release, 'uname -sm': `${kernel}\n`, 'sh -c': 'Europe/Berlin\n' }))

test('systems are known by what they are or are like', async () => {
  const debian = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n'
  expect(await server(debian)).toMatchObject({
    family: 'debian',
    system: 'Debian GNU/Linux 12 (bookworm)',
    machine: 'x86-64',
    hasSystemd: false,
    timezone: 'Europe/Berlin',
  })
  expect(await server('NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n', 'Linux aarch64')).toMatchObject({
    family: 'debian',
    machine: 'arm64',
  })
  expect(await server('NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n')).toMatchObject({ family: 'debian' })
  expect(await server('NAME="Fedora Linux"\nID=fedora\n')).toMatchObject({ family: 'fedora', id: 'fedora' })
  expect(await server('NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\n')).toMatchObject({
    family: 'fedora',
    id: 'rocky',
  })
})

test('what is not known is refused, with its name', async () => {
  const unknown = { code: 'unknown_system', message: expect.stringContaining('Alpine Linux v3.20') }
  await expect(server('PRETTY_NAME="Alpine Linux v3.20"\nID=alpine\n')).rejects.toMatchObject(unknown)
  await expect(server('ID=debian\n', 'FreeBSD amd64')).rejects.toMatchObject({ code: 'unknown_system' })
  await expect(server('ID=debian\n', 'Linux armv7l')).rejects.toMatchObject({
    code: 'unknown_machine',
    message: expect.stringContaining('armv7l'),
  })
})

const room = (freeKb: number, memoryKb: number, installed = false) =>
  lookAtRoom(
    answering({
      'df -Pk': `Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda1 20000000 1 ${freeKb} 1% /\n`,
      'cat /proc/meminfo': `MemTotal:        ${memoryKb} kB\nMemFree:          1 kB\n`,
    }),
    { installed },
  )

test('a server that is too small is refused, a small one is told of', async () => {
  await expect(room(2_000_000, 2_000_000)).rejects.toMatchObject({
    code: 'too_small',
    message: expect.stringMatching(/2\.0 GB of disk/),
  })
  await expect(room(9_000_000, 250_000)).rejects.toMatchObject({
    code: 'too_small',
    message: expect.stringMatching(/244 MB of memory/),
  })
  expect((await room(2_000_000, 250_000, true)).enough).toBe(false)
  expect(roomText(await room(9_000_000, 480_000))).toMatch(/469 MB of memory: enough for the manager and a small bot/)
  expect(roomText(await room(9_000_000, 2_000_000))).toBe('9.2 GB of disk free, 1.9 GB of memory')
})

import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { managerContainer } from '../../../../manager-bot/terminal/install/container-spec.ts'
import { placesOf } from '../../../../manager-bot/terminal/install/places.ts'

const wanted = {
  instance: 'tbs',
  places: placesOf('tbs'),
  imageId: 'sha256:1',
  imageTag: 'tbs/manager:1.0.0',
  content: ['token', 'TZ=Etc/UTC\n'],
}

/** Values of each flag, by its name. */
const flags = (args: string[]) => {
  const found: Record<string, string[]> = {}
  args.forEach((arg, index) => {
    const next = args[index + 1] ?? ''
    if (arg.startsWith('--')) found[arg] = [...(found[arg] ?? []), next.startsWith('--') ? '' : next]
  })
  return found
}

test('docker/compose.yaml says the same', async () => {
  const { services } = parse(await readFile('docker/compose.yaml', 'utf8'))
  const compose = services.manager
  const plain = flags(managerContainer(wanted).args)
  expect(plain['--name']).toEqual([compose.container_name])
  expect(plain['--label']?.slice(0, 2)).toEqual(pairs(compose.labels))
  expect(plain['--restart']).toEqual([compose.restart])
  expect([compose.init, compose.read_only, '--init' in plain, '--read-only' in plain]).toEqual([true, true, true, true])
  expect(plain['--tmpfs']).toEqual(compose.tmpfs)
  expect(plain['--network']).toEqual([compose.network_mode])
  expect(plain['--cap-drop']).toEqual(compose.cap_drop)
  expect(plain['--security-opt']).toEqual(compose.security_opt)
  expect(plain['--memory']).toEqual([compose.mem_limit])
  expect(plain['--memory-swap']).toEqual([compose.memswap_limit])
  expect(plain['--pids-limit']).toEqual([String(compose.pids_limit)])
  expect(plain['--stop-timeout']?.map((seconds) => `${seconds}s`)).toEqual([compose.stop_grace_period])
  expect(plain['--log-opt']).toEqual(pairs(compose.logging.options))
  expect(plain['--env-file']).toEqual(compose.env_file.map(({ path }: { path: string }) => path))
  expect(plain['--env']).toEqual(pairs(compose.environment))
  expect(plain['--volume']).toEqual(compose.volumes)
  expect('ports' in compose || '--publish' in plain).toBe(false)
})

test('its label differs as soon as anything does, and no token can be read from it', () => {
  const { spec } = managerContainer(wanted)
  expect(managerContainer({ ...wanted }).spec).toBe(spec)
  for (const other of [
    { imageId: 'sha256:2' },
    { content: ['other', 'TZ=Etc/UTC\n'] },
    { content: ['token', 'TZ=Europe/Berlin\n'] },
    { instance: 'two' },
  ]) {
    expect(managerContainer({ ...wanted, ...other }).spec).not.toBe(spec)
  }
  expect(managerContainer({ ...wanted, content: ['1234:secret'] }).args.join(' ')).not.toContain('secret')
})

const pairs = (map: Record<string, string>) => Object.entries(map).map(([name, value]) => `${name}=${value}`)

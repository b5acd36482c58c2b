import { buffer } from 'node:stream/consumers'
import tar from 'tar-stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ContainerEvent, LogLine } from '../../deploy-engine/ports.ts'
import type { Behaviour } from '../helpers/memory-docker/behaviour.ts'
import { type Bench, benchOn, type Daemon, settled } from './bench.ts'

const RUNS: Behaviour = { prints: ['one', 'two', 'three'] }
const EXITS: Behaviour = { exits: 3, exitsAfterMs: 100, prints: ['bye'] }
const DEAF_TO_SIGTERM: Behaviour = { stopsInMs: 'never' }
const UNKNOWN = 'f'.repeat(64)

const never = () => new AbortController().signal
const refusedWith = (statusCode: number) => expect.objectContaining({ statusCode })

/** What the engine relies on of Docker, for the real one and for the one in memory alike. */
export const describeDockerPort = (name: string, connect: () => Promise<Daemon>): void => {
  let bench: Bench

  beforeAll(async () => {
    bench = await benchOn(await connect())
  }, 60_000)

  afterAll(() => bench.close(), 60_000)

  /** A test in which time passes. */
  const check = (what: string, work: (bench: Bench) => Promise<void>) =>
    test(what, () => bench.during(work(bench)), 60_000)

  describe(`${name}: the daemon`, () => {
    check('answers, and tells where it keeps its things', async ({ docker }) => {
      await docker.ping(never())
      expect(await docker.rootDirectory(never())).toMatch(/^\//)
      expect(await docker.apiVersion()).toMatch(/^1\.\d+$/)
      expect(await docker.imageBuiltAt('no-such-container')).toBeUndefined()
    })
  })

  describe(`${name}: images`, () => {
    check('a build tells its steps and ends in a labelled, tagged image', async ({ docker, build, labels }) => {
      const building = build(RUNS)
      expect(await building).toBeUndefined()
      expect(building.lines.join('\n')).toContain('WORKDIR /app')
      const image = await docker.image(building.tag)
      expect(image).toMatchObject({ user: '1000:1000' })
      const found = (await docker.images(labels)).find(({ id }) => id === image?.id)
      expect(found).toMatchObject({ tags: [building.tag], labels })
      expect(await docker.removeImage(building.tag)).toBe(true)
      expect(await docker.image(building.tag)).toBeUndefined()
    })

    check('a failed one says why, and leaves layers that are found by label and removed', async (bench) => {
      const { docker, build, labels } = bench
      const failed = await build({ build: 'fails' })
      expect(failed?.reason).toMatch(/non-zero code: 1/)
      const left = await docker.images(labels, { dangling: true })
      expect(left.length).toBeGreaterThan(0)
      for (const { id } of left) expect(await docker.removeImage(id)).toBe(true)
      expect(await docker.images(labels, { dangling: true })).toEqual([])
      expect(await docker.containers(labels)).toEqual([])
    })

    check('a cancelled one ends at once without an image', async ({ docker, build, sleep, now, labels }) => {
      const stop = new AbortController()
      const building = build({ buildMs: 30_000 }, stop.signal)
      building.catch(() => undefined)
      await sleep(1_500)
      const asked = now()
      stop.abort()
      await expect(building).rejects.toThrow()
      expect(now() - asked).toBeLessThan(3_000)
      expect(await docker.image(building.tag)).toBeUndefined()
      for (const { id } of await docker.images(labels, { dangling: true })) {
        for (let tries = 0; !(await docker.removeImage(id)) && tries < 20; tries++) await sleep(200)
      }
      expect(await docker.images(labels, { dangling: true })).toEqual([])
    })

    check('one that a container uses is not removed; a second tag is', async ({ docker, create, image, name }) => {
      const tag = await image(EXITS)
      const { id } = (await docker.image(tag)) ?? { id: '' }
      await docker.tag(id, name('again'), 'x')
      const container = await create(EXITS)
      expect(await docker.removeImage(`${name('none')}:x`)).toBe(true)
      expect(await docker.removeImage(id)).toBe(false)
      await docker.removeContainer(container)
      expect(await docker.image(id)).toMatchObject({ id })
    })

    check('a name that Docker does not take is refused', async ({ docker, image, build }) => {
      const { id } = (await docker.image(await image(RUNS))) ?? { id: '' }
      for (const name of ['tbs-t/ends-', 'tbs-t/-begins', 'tbs-t/Upper', 'tbs-t/a..b']) {
        await expect(docker.tag(id, name, '1'), name).rejects.toMatchObject({ statusCode: expect.any(Number) })
        await expect(build(RUNS, never(), `${name}:1`), name).rejects.toMatchObject({ statusCode: expect.any(Number) })
      }
    })

    check('the daemon says its version', async ({ docker }) => {
      expect(await docker.version()).toMatch(/^\d+\.\d+/)
    })

    check('what is not there is not there', async ({ docker }) => {
      expect(await docker.image('nothing:1')).toBeUndefined()
      expect(await docker.removeImage('nothing:1')).toBe(true)
      await expect(docker.tag('nothing:1', 'a', 'b')).rejects.toEqual(refusedWith(404))
      expect(await docker.images({ 'tbs.instance': 'nobody' })).toEqual([])
    })
  })

  describe(`${name}: containers`, () => {
    check('are created, not started, and found by label', async ({ docker, create, labels, name }) => {
      const id = await create(RUNS, { name: name('named') })
      expect(await docker.container(id)).toMatchObject({
        id,
        running: false,
        restarting: false,
        startedAt: 0,
        exitCode: 0,
        restarts: 0,
        restart: 'no',
        health: 'none',
        workdir: '/app',
        labels: { ...labels, 'tbs.role': 'bot' },
      })
      const found = await docker.containers({ ...labels, 'tbs.role': 'bot' })
      expect(found.find((one) => one.id === id)).toMatchObject({ running: false, labels })
      expect(await docker.containers({ ...labels, 'tbs.role': 'other' })).toEqual([])
      await docker.removeContainer(id)
    })

    check('are refused without an image, or with a name that is taken', async ({ docker, create, name }) => {
      const taken = name('taken')
      const id = await create(RUNS, { name: taken })
      await expect(create(RUNS, { name: taken })).rejects.toEqual(refusedWith(409))
      await expect(create(RUNS, { image: 'nothing:1' })).rejects.toEqual(refusedWith(404))
      await docker.removeContainer(id)
    })

    check('run, exit with their code, and say when', async ({ docker, create, until, now }) => {
      const id = await create(EXITS)
      await docker.start(id)
      const running = await until(id, ({ startedAt }) => startedAt > 0)
      expect(Math.abs(now() - running.startedAt)).toBeLessThan(5_000)
      expect(await docker.wait(id, never())).toBe(3)
      const ended = await until(id, (found) => !found.running)
      expect(ended).toMatchObject({ exitCode: 3, restarts: 0, outOfMemory: false })
      expect(ended.finishedAt).toBeGreaterThanOrEqual(ended.startedAt)
      expect(await docker.wait(id, never())).toBe(3)
      await docker.removeContainer(id)
    })

    check('are started once, stopped gracefully, and started again', async (bench) => {
      const { docker, create, until } = bench
      const id = await create(RUNS)
      await docker.start(id)
      await docker.start(id)
      await settled(bench)
      await docker.stop(id, 5)
      expect(await docker.container(id)).toMatchObject({ running: false, exitCode: 0 })
      await docker.stop(id, 5)
      await docker.start(id)
      expect(await until(id, ({ running }) => running)).toMatchObject({ restarts: 0 })
      await docker.removeContainer(id)
    })

    check('are killed when they do not stop, or when there is no time', async (bench) => {
      const { docker, create, now } = bench
      const id = await create(DEAF_TO_SIGTERM)
      await docker.start(id)
      await settled(bench)
      const asked = now()
      await docker.stop(id, 1)
      expect(now() - asked).toBeGreaterThan(900)
      expect(await docker.container(id)).toMatchObject({ running: false, exitCode: 137 })
      await docker.start(id)
      await settled(bench)
      const stop = new AbortController()
      const stopping = docker.stop(id, 30, stop.signal)
      await settled(bench)
      stop.abort()
      await stopping
      expect(now() - asked).toBeLessThan(15_000)
      expect(await docker.container(id)).toMatchObject({ running: false, exitCode: 137 })
      await docker.removeContainer(id)
    })

    check('are killed at once, whatever their policy', async (bench) => {
      const { docker, create, until } = bench
      const id = await create(RUNS)
      await docker.setRestart(id, 'unless-stopped')
      await docker.start(id)
      await settled(bench)
      await docker.kill(id)
      await until(id, ({ running }) => !running)
      await settled(bench)
      expect(await docker.container(id)).toMatchObject({ running: false, exitCode: 137, restart: 'unless-stopped' })
      await docker.kill(id)
      await docker.removeContainer(id)
    })

    check('come back after a crash under the policy, until they are stopped', async (bench) => {
      const { docker, create, until } = bench
      const id = await create(EXITS)
      await docker.setRestart(id, 'unless-stopped')
      await docker.start(id)
      await until(id, ({ restarts }) => restarts >= 2)
      await docker.stop(id, 1)
      const stopped = await until(id, ({ running }) => !running)
      await settled(bench)
      expect(await docker.container(id)).toMatchObject({ running: false, restarts: stopped.restarts })
      await docker.removeContainer(id)
    })

    check('freeze when they are paused, and go on where they were', async (bench) => {
      const { docker, create, labels, sleep } = bench
      const id = await create({ prints: ['tick'], printsEveryMs: 200 })
      expect(await docker.pause(id)).toBe(false)
      await docker.start(id)
      await settled(bench)
      const started = await docker.container(id)
      expect(await docker.pause(id)).toBe(true)
      expect(await docker.pause(id)).toBe(true)
      const frozen = await docker.logLines(id, { tail: 100 })
      await sleep(1_000)
      expect(await docker.logLines(id, { tail: 100 })).toEqual(frozen)
      expect(await docker.container(id)).toMatchObject({ ...started, paused: true, running: true })
      expect((await docker.containers(labels)).find((one) => one.id === id)).toMatchObject({
        running: true,
        paused: true,
      })
      await expect(docker.exec(id, ['echo'], never())).rejects.toEqual(refusedWith(409))
      await docker.unpause(id)
      await docker.unpause(id)
      await sleep(500)
      expect((await docker.logLines(id, { tail: 100 })).length).toBeGreaterThan(frozen.length)
      expect(await docker.container(id)).toEqual(started)
      await docker.kill(id)
      expect(await docker.pause(id)).toBe(false)
      await docker.removeContainer(id)
    })

    check('are stopped gracefully, killed and removed when they are paused, too', async (bench) => {
      const { docker, create, until } = bench
      const id = await create(RUNS)
      const pause = async () => {
        await docker.start(id)
        await settled(bench)
        await docker.pause(id)
      }
      await pause()
      await docker.stop(id, 5)
      expect(await docker.container(id)).toMatchObject({ running: false, paused: false, exitCode: 0 })
      await pause()
      await docker.kill(id)
      expect(await until(id, ({ running }) => !running)).toMatchObject({ paused: false, exitCode: 137 })
      await pause()
      await docker.removeContainer(id)
      expect(await docker.container(id)).toBeUndefined()
    })

    check('are gone when removed, even while they run', async ({ docker, create, labels }) => {
      const id = await create(RUNS)
      await docker.start(id)
      await docker.removeContainer(id)
      expect(await docker.container(id)).toBeUndefined()
      expect((await docker.containers(labels)).map((one) => one.id)).not.toContain(id)
      await docker.removeContainer(id)
      await expect(docker.start(id)).rejects.toEqual(refusedWith(404))
    })

    check('that never were: stop, kill and remove have nothing to do, the rest fails', async ({ docker }) => {
      await docker.stop(UNKNOWN, 1)
      await docker.kill(UNKNOWN)
      expect(await docker.pause(UNKNOWN)).toBe(false)
      await docker.unpause(UNKNOWN)
      await docker.removeContainer(UNKNOWN)
      expect(await docker.container(UNKNOWN)).toBeUndefined()
      expect(await docker.logs(UNKNOWN, { tail: 5 })).toBe('')
      expect(await docker.logLines(UNKNOWN, { tail: 5 })).toEqual([])
      await docker.followLogs(UNKNOWN, { onLines: () => {} }, never())
      expect(await docker.diff(UNKNOWN, never())).toEqual([])
      expect(await docker.readFile(UNKNOWN, '/x')).toBeUndefined()
      await expect(docker.start(UNKNOWN)).rejects.toEqual(refusedWith(404))
      await expect(docker.setRestart(UNKNOWN, 'no')).rejects.toEqual(refusedWith(404))
      await expect(docker.putFiles(UNKNOWN, '/', [])).rejects.toEqual(refusedWith(404))
      await expect(docker.exec(UNKNOWN, ['echo'], never())).rejects.toEqual(refusedWith(404))
    })

    check('are asked for their health where their image says how', async ({ docker, create, until }) => {
      const [well, ill] = [await create({ health: 'passes' }), await create({ health: 'fails' })]
      expect(await docker.container(well)).not.toHaveProperty('lastCheck')
      await docker.start(well)
      await docker.start(ill)
      expect((await docker.container(well))?.health).toMatch(/^(starting|healthy)$/)
      const healthy = await until(well, ({ health }) => health === 'healthy')
      expect(healthy.lastCheck).toMatchObject({ exitCode: 0, output: 'well\n' })
      expect(healthy.lastCheck?.at).toBeGreaterThan(healthy.startedAt)
      const unhealthy = await until(ill, ({ health }) => health === 'unhealthy')
      expect(unhealthy).toMatchObject({ running: true, lastCheck: { exitCode: 1, output: 'not well\n' } })
      await docker.removeContainer(well)
      await docker.removeContainer(ill)
    })

    check('are waited for until one no longer wants to', async ({ docker, create }) => {
      const id = await create(RUNS)
      await docker.start(id)
      const stop = new AbortController()
      const waiting = docker.wait(id, stop.signal)
      waiting.catch(() => undefined)
      stop.abort()
      await expect(waiting).rejects.toThrow()
      await docker.removeContainer(id)
    })
  })

  describe(`${name}: what happens to containers`, () => {
    check('is told as it happens, and afterwards to whoever asks for it', async (bench) => {
      const { docker, create, labels, until, now } = bench
      const stop = new AbortController()
      const heard: ContainerEvent[] = []
      const begun = now() - 1
      const listening = docker.events({ labels, onEvent: (event) => heard.push(event) }, stop.signal)
      const id = await create(EXITS)
      await settled(bench)
      await docker.start(id)
      await until(id, ({ running }) => !running)
      await settled(bench)
      await docker.removeContainer(id)
      await settled(bench)
      const own = (events: ContainerEvent[]) =>
        events.filter(({ container }) => container === id).map(({ action, exitCode }) => ({ action, exitCode }))
      const expected = [
        { action: 'start', exitCode: undefined },
        { action: 'die', exitCode: 3 },
        { action: 'destroy', exitCode: undefined },
      ]
      expect(own(heard)).toEqual(expected)
      expect(heard.every(({ labels: found }) => found['tbs.instance'] === labels['tbs.instance'])).toBe(true)
      expect(heard.every(({ at }) => at >= begun && at <= now() + 1)).toBe(true)
      stop.abort()
      await listening
      const again = new AbortController()
      const replayed: ContainerEvent[] = []
      const replaying = docker.events(
        { labels, sinceMs: begun, onEvent: (event) => replayed.push(event) },
        again.signal,
      )
      await settled(bench)
      again.abort()
      await replaying
      expect(own(replayed)).toEqual(expected)
    })

    check('counts an exit under the policy when it happens, and knows its code until the next start', async (bench) => {
      const { docker, create, until } = bench
      const id = await create({ exits: 3, exitsAfterMs: 1_000 })
      await docker.setRestart(id, 'unless-stopped')
      await docker.start(id)
      const first = (await docker.container(id))?.startedAt ?? 0
      const waiting = await until(id, ({ restarting }) => restarting)
      expect(waiting).toMatchObject({ running: true, restarts: 1, exitCode: 3, startedAt: first })
      expect(waiting.finishedAt).toBeGreaterThan(first)
      const again = await until(id, ({ restarting, restarts }) => !restarting && restarts === 1)
      expect(again.startedAt).toBeGreaterThan(waiting.finishedAt)
      await docker.removeContainer(id)
    })

    check('what a container takes, while it runs', async (bench) => {
      const { docker, create, until } = bench
      const id = await create(RUNS)
      expect(await docker.usage(id)).toBeUndefined()
      await docker.start(id)
      await settled(bench)
      const usage = await docker.usage(id)
      expect(usage?.memoryBytes).toBeGreaterThan(1024 ** 2)
      expect(usage?.memoryLimitBytes).toBeGreaterThan(usage?.memoryBytes ?? Number.POSITIVE_INFINITY)
      expect(usage?.cpuNs).toBeGreaterThan(0)
      await docker.kill(id)
      await until(id, ({ running }) => !running)
      expect(await docker.usage(id)).toBeUndefined()
      await docker.removeContainer(id)
      expect(await docker.usage(id)).toBeUndefined()
    })
  })

  describe(`${name}: inside`, () => {
    const file = { name: '.env', content: Buffer.from('A=1\n'), mode: 0o400, uid: 1000, gid: 1000 }

    check('files are put into a created container, read back, and differ from the image', async (bench) => {
      const { docker, create } = bench
      const id = await create(RUNS)
      await docker.putFiles(id, '/app', [file])
      expect((await docker.readFile(id, '/app/.env'))?.toString('utf8')).toBe('A=1\n')
      expect(await docker.readFile(id, '/app/none')).toBeUndefined()
      expect(await docker.ownerOf(id, '/app/.env')).toMatchObject({ uid: 1000, gid: 1000 })
      expect(await docker.ownerOf(id, '/app/none')).toBeUndefined()
      expect(await docker.diff(id, never())).toContainEqual({ path: '/app/.env', kind: 1 })
      await expect(docker.putFiles(id, '/none', [file])).rejects.toEqual(refusedWith(404))
      await docker.removeContainer(id)
    })

    check('a directory is read as an archive, also while its container is paused', async (bench) => {
      const { docker, create, name, labels } = bench
      const volume = name('data')
      await docker.createVolume({ name: volume, labels })
      const id = await create(RUNS, { mounts: [{ volume, path: '/data', bare: true }] })
      await docker.putFiles(id, '/app', [file])
      const entries = async (path: string) => {
        const found = new Map<string, string>()
        const extract = (await docker.readDirectory(id, path)).pipe(tar.extract())
        for await (const entry of extract) found.set(entry.header.name, (await buffer(entry)).toString('utf8'))
        return found
      }
      expect([...(await entries('/data'))]).toEqual([['./', '']])
      expect((await entries('/app')).get('./.env')).toBe('A=1\n')
      await docker.start(id)
      await docker.pause(id)
      expect((await entries('/app')).get('./.env')).toBe('A=1\n')
      await expect(docker.readDirectory(id, '/none')).rejects.toEqual(refusedWith(404))
      await expect(docker.readDirectory(UNKNOWN, '/data')).rejects.toEqual(refusedWith(404))
      await docker.removeContainer(id)
      await docker.removeVolume(volume)
    })

    check('the last lines that were printed', async (bench) => {
      const { docker, create } = bench
      const id = await create(RUNS)
      expect(await docker.logs(id, { tail: 2 })).toBe('')
      await docker.start(id)
      await settled(bench)
      expect(await docker.logs(id, { tail: 2 })).toBe('two\nthree\n')
      const { startedAt } = (await docker.container(id)) ?? { startedAt: 0 }
      expect(await docker.logs(id, { tail: 2, untilMs: startedAt - 1 })).toBe('')
      expect(await docker.logs(id, { tail: 1, untilMs: bench.now() })).toBe('three\n')
      await docker.removeContainer(id)
    })

    check('lines with their times, those before a moment left out', async (bench) => {
      const { docker, create, until } = bench
      const id = await create({ ...RUNS, exits: 0, exitsAfterMs: 500 })
      await docker.start(id)
      await until(id, ({ running }) => !running)
      await docker.start(id)
      const { startedAt } = await until(id, ({ running }) => !running)
      const lines = await docker.logLines(id, { tail: 5 })
      expect(lines.map(({ text }) => text)).toEqual(['two', 'three', 'one', 'two', 'three'])
      const times = lines.map(({ at }) => at)
      expect(times).toEqual([...times].sort((a, b) => a - b))
      expect(Math.abs((times.at(-1) ?? 0) - startedAt)).toBeLessThan(5_000)
      const later = await docker.logLines(id, { tail: 5, sinceMs: times[1] ?? 0 })
      expect(later.map(({ text }) => text)).toEqual(['one', 'two', 'three'])
      expect(await docker.logLines(id, { tail: 1, sinceMs: times[1] ?? 0 })).toEqual(later.slice(-1))
      expect(await docker.logLines(id, { tail: 5, sinceMs: times.at(-1) ?? 0 })).toEqual([])
      await docker.removeContainer(id)
    })

    check('lines as they are printed, until it ends', async (bench) => {
      const { docker, create } = bench
      const id = await create({ prints: ['tick'], printsEveryMs: 300, exits: 0, exitsAfterMs: 1_500 })
      const heard: string[] = []
      const onLines = (lines: LogLine[]) => void heard.push(...lines.map(({ text }) => text))
      await docker.followLogs(id, { onLines }, never())
      expect(heard).toEqual([])
      await docker.start(id)
      await settled(bench)
      await docker.followLogs(id, { onLines }, never())
      const all = await docker.logLines(id, { tail: 100 })
      expect(all.length).toBeGreaterThanOrEqual(3)
      expect(heard).toEqual(all.map(({ text }) => text))
      heard.length = 0
      await docker.followLogs(id, { sinceMs: all.at(-2)?.at ?? 0, onLines }, never())
      expect(heard).toEqual(['tick'])
      await docker.removeContainer(id)
    })

    check('lines until nobody wants them any more', async (bench) => {
      const { docker, create, sleep } = bench
      const id = await create({ prints: ['tick'], printsEveryMs: 300 })
      await docker.start(id)
      await settled(bench)
      const stop = new AbortController()
      const heard: string[] = []
      const following = docker.followLogs(
        id,
        { onLines: (lines) => void heard.push(...lines.map(({ text }) => text)) },
        stop.signal,
      )
      await sleep(1_000)
      stop.abort()
      await following
      const count = heard.length
      expect(count).toBeGreaterThanOrEqual(2)
      await sleep(700)
      expect(heard).toHaveLength(count)
      await docker.removeContainer(id)
    })

    check('commands, as long as it runs', async (bench) => {
      const { docker, create } = bench
      const id = await create(RUNS)
      await expect(docker.exec(id, ['echo', 'x'], never())).rejects.toEqual(refusedWith(409))
      await docker.start(id)
      expect(await docker.exec(id, ['echo', 'a b'], never())).toEqual({ exitCode: 0, output: 'a b\n' })
      expect(await docker.exec(id, ['sh', '-c', 'echo "$1"; exit 4', 'x', 'y'], never())).toEqual({
        exitCode: 4,
        output: 'y\n',
      })
      const stop = new AbortController()
      const sleeping = docker.exec(id, ['sleep', '30'], stop.signal)
      sleeping.catch(() => undefined)
      await settled(bench)
      stop.abort()
      await expect(sleeping).rejects.toThrow()
      await docker.removeContainer(id)
    })

    check('a short-lived container beside it, which leaves nothing', async (bench) => {
      const { docker, create, labels } = bench
      const id = await create(RUNS)
      await docker.start(id)
      const request = {
        image: 'node:24-bookworm-slim',
        command: ['sh', '-c', 'echo "$1"; cat /proc/net/dev', 'probe', 'seen'],
        labels: { ...labels, 'tbs.role': 'probe' },
      }
      const output = await docker.runBeside(id, request, never())
      expect(output).toMatch(/^seen\n/)
      expect(output).toMatch(/eth0:\s*\d+/)
      expect(await docker.containers({ ...labels, 'tbs.role': 'probe' })).toEqual([])
      await docker.stop(id, 1)
      await expect(docker.runBeside(id, request, never())).rejects.toThrow()
      expect(await docker.containers({ ...labels, 'tbs.role': 'probe' })).toEqual([])
      await docker.removeContainer(id)
    })
  })

  describe(`${name}: networks and volumes`, () => {
    check('a network is found by label, and its subnet is taken', async ({ docker, labels, network, subnet, name }) => {
      const found = await docker.networks(labels)
      expect(found).toMatchObject([{ name: network, labels }])
      expect(await docker.subnets()).toContain(subnet)
      const other = { name: name('other'), subnet, labels }
      await expect(docker.createNetwork(other)).rejects.toThrow(/overlap/i)
      const far = { name: network, subnet: '10.198.0.0/28', labels }
      await expect(docker.createNetwork(far)).rejects.toEqual(refusedWith(409))
    })

    check('a network in use stays', async ({ docker, create, labels }) => {
      const id = await create(RUNS)
      await docker.start(id)
      const [network] = await docker.networks(labels)
      expect(await docker.removeNetwork(network?.id ?? '')).toBe(false)
      expect(await docker.removeNetwork(UNKNOWN)).toBe(true)
      await docker.removeContainer(id)
    })

    check('a network that does not exist is named before anything is created', async ({ create, docker, labels }) => {
      const before = await docker.containers(labels)
      await expect(create(RUNS, { extraNetworks: ['nothing'] })).rejects.toMatchObject({ code: 'unknown_network' })
      expect(await docker.containers(labels)).toEqual(before)
    })

    check('a volume is made once, has the owner of the image, and stays while it is used', async (bench) => {
      const { docker, create, labels, name } = bench
      const volume = name('data')
      await docker.createVolume({ name: volume, labels })
      await docker.createVolume({ name: volume, labels })
      expect(await docker.volumes(labels)).toEqual([{ name: volume, labels }])
      const id = await create(RUNS, { mounts: [{ volume, path: '/app' }] })
      expect(await docker.removeVolume(volume)).toBe(false)
      await docker.removeContainer(id)
      expect(await docker.removeVolume(volume)).toBe(true)
      expect(await docker.removeVolume(volume)).toBe(true)
      expect(await docker.volumes(labels)).toEqual([])
    })
  })
}

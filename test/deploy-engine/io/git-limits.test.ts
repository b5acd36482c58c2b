import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { GIT_LIMITS } from '../../../deploy-engine/io/git/limits.ts'
import { systemGit } from '../../../deploy-engine/io/git.ts'
import { eventually } from '../../helpers/eventually.ts'
import { gitRepo } from '../../helpers/git-repo.ts'

// A server that takes the connection and never says a word.

let directory: string
let silent: Server
let port: number
const sockets = new Set<Socket>()

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-git-'))
  silent = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('data', () => {})
  }).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  port = (silent.address() as AddressInfo).port
})

afterEach(async () => {
  vi.unstubAllEnvs()
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  await new Promise((resolve) => silent.close(resolve))
  await rm(directory, { recursive: true, force: true })
})

const gitWith = (limits = {}) =>
  systemGit({ dataDir: join(directory, 'data'), gitProtocols: ['http', 'ssh'] }, { ...GIT_LIMITS, ...limits })

/** Processes of this test that are left: each has the port in its words. */
const processes = async (): Promise<string[]> => {
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (words.includes(`127.0.0.1:${port}`) || words.includes(`\0${port}\0`)) found.push(words.replaceAll('\0', ' '))
  }
  return found
}

const urls = () => [`http://127.0.0.1:${port}/repo`, `ssh://git@127.0.0.1:${port}/repo`]

describe.each([0, 1])('over protocol %i', (index) => {
  test('a cancelled fetch and all its processes are gone within 2 s', async () => {
    const stop = new AbortController()
    const connected = once(silent, 'connection')
    const request = { mirror: join(directory, 'mirror'), url: urls()[index] ?? '' }
    const ended = gitWith()
      .fetch(request, stop.signal)
      .catch((error) => error)
    await connected
    expect((await processes()).length).toBeGreaterThan(1)
    const reason = new Error('cancelled')
    const began = performance.now()
    stop.abort(reason)
    expect(await ended).toBe(reason)
    expect(performance.now() - began).toBeLessThan(2000)
    expect(await processes()).toEqual([])
  })

  test('silence ends it', async () => {
    const request = { mirror: join(directory, 'mirror'), url: urls()[index] ?? '' }
    await expect(gitWith({ silentMs: 700 }).fetch(request, new AbortController().signal)).rejects.toMatchObject({
      code: 'fetch_stalled',
    })
    expect(await processes()).toEqual([])
  })

  test('so does the time for all of it', async () => {
    const request = { mirror: join(directory, 'mirror'), url: urls()[index] ?? '' }
    await expect(gitWith({ totalMs: 700 }).fetch(request, new AbortController().signal)).rejects.toMatchObject({
      code: 'fetch_timeout',
    })
    expect(await processes()).toEqual([])
  })
})

test.each(['ssh', 'git'])('a program that ignores SIGTERM is killed: %s', async (program) => {
  const bin = join(directory, 'bin')
  await mkdir(bin)
  const stubborn = `#!/bin/sh\ntrap '' TERM\n: > ${directory}/begun\nwhile :; do sleep 0.1; done\n`
  await writeFile(join(bin, program), stubborn, { mode: 0o755 })
  vi.stubEnv('PATH', `${bin}:${process.env.PATH}`)
  const stop = new AbortController()
  const asked = gitWith().ask({ url: `ssh://git@127.0.0.1:${port}/repo` }, stop.signal)
  const ended = asked.catch((error) => error)
  await eventually(() => readFile(join(directory, 'begun')))
  const began = performance.now()
  stop.abort(new Error('cancelled'))
  await ended
  expect(performance.now() - began).toBeLessThan(2000)
  expect(await processes()).toEqual([])
})

test('git that is killed in a fetch leaves a mirror that works', async () => {
  const repo = await gitRepo(join(directory, 'repo'))
  const files = Object.fromEntries(
    Array.from({ length: 300 }, (_, n) => [`f${n}.txt`, String(Math.random()).repeat(99)]),
  )
  await repo.commit('main', files)
  const git = systemGit({ dataDir: join(directory, 'data'), gitProtocols: ['file'] })
  const mirror = join(directory, 'mirror')
  for (const [round, ms] of [0, 5, 10, 15, 20, 30, 40, 60].entries()) {
    const sha = await repo.commit('main', { ...files, 'round.txt': String(round) })
    const stop = new AbortController()
    const ended = git.fetch({ mirror, url: repo.url }, stop.signal).catch(() => {})
    setTimeout(() => stop.abort(new Error('cancelled')), ms)
    await ended
    expect((await git.fetch({ mirror, url: repo.url }, new AbortController().signal)).sha).toBe(sha)
  }
})

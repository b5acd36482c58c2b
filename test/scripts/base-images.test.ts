import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { PROBE_IMAGE } from '../../deploy-engine/container/probe.ts'
import { BASE_IMAGES } from '../../scripts/base-images/catalogue.mjs'
import { kindOf } from '../../scripts/base-images/stand-in.mjs'
import { lookAtImages, provideImages, replaceStandIns } from '../../scripts/setup/base-images.mjs'
import { engineApi } from '../../scripts/setup/engine-api.mjs'

const { signal } = new AbortController()

const named = (use: string) => BASE_IMAGES.filter((base) => base.use === use).map(({ image }) => image)

describe('the catalogue', () => {
  test('starting needs the image of the probe and of generated Dockerfiles, and no other', () => {
    expect(named('start')).toEqual([PROBE_IMAGE])
  })

  test('tests need every version of Node and Python that a repository may ask for', () => {
    expect(named('test')).toEqual([
      ...['node:20-bookworm-slim', 'node:22-bookworm-slim'],
      ...['python:3.11-slim-bookworm', 'python:3.12-slim-bookworm', 'python:3.13-slim-bookworm'],
    ])
  })

  test('each name is there once, and none that Debian cannot stand in for', () => {
    const images = BASE_IMAGES.map(({ image }) => image)
    expect(new Set(images).size).toBe(images.length)
    expect(images.filter((image) => /alpine|ubuntu/.test(image))).toEqual([])
  })

  test('a name without `slim` is another image, with a compiler', () => {
    const recipe = (name: string) => BASE_IMAGES.find(({ image }) => image === name)?.recipe
    expect(recipe('node:22')).toMatchObject({ stages: { slim: recipe('node:22-slim') }, from: recipe('python:3.12') })
    expect(recipe('python:3.12')).toMatchObject({ from: recipe('python:3.12-slim') })
    expect(recipe('python:3.12-slim')).toBe(recipe('python:3.13-slim-bookworm'))
  })
})

describe('what an image is, by its labels', () => {
  const now = { 'tbs.offline-base': '2', 'tbs.offline-authority': 'f00' }
  test.each([
    ['no labels', null, undefined, 'real'],
    ['other labels', { maintainer: 'me' }, 'f00', 'real'],
    ['of today', now, 'f00', 'stand-in'],
    ['of another authority, where nobody asks', now, undefined, 'stand-in'],
    ['of another authority', now, 'ba5', 'outdated'],
    ['of an older edition', { 'tbs.offline-base': '1' }, undefined, 'outdated'],
  ])('%s', (_, labels, authority, kind) => expect(kindOf(labels, authority)).toBe(kind))
})

const STAND_IN = { 'tbs.offline-base': '2', 'tbs.offline-authority': 'f00' }
const NO_HOST = 'dial tcp: lookup registry.example on 192.0.2.53:53: no such host'

describe('pulling and replacing', () => {
  beforeEach(() => {
    for (const method of ['log', 'warn'] as const) vi.spyOn(console, method).mockImplementation(() => {})
  })
  afterEach(() => void vi.restoreAllMocks())

  test('a registry that answers: what is missing is pulled, and nothing that only stand-ins are made for', async () => {
    const docker = await registryBehindDocker({ images: {} })
    await provideImages(docker.engine, { ...refusing, forTests: true, signal })
    expect([...docker.images.keys()].sort()).toEqual([...named('start'), ...named('test')].sort())
    expect((await lookAtImages(docker.engine, { forTests: true, signal })).missing).toEqual([])
  })

  test('out of reach: each is pulled twice, then a person without root is told what to do', async () => {
    const docker = await registryBehindDocker({ images: {}, failure: NO_HOST })
    const provided = provideImages(docker.engine, { ...refusing, forTests: false, signal })
    await expect(provided).rejects.toThrow(
      /Missing images: node:24-bookworm-slim\n.*\n {2}sudo node scripts\/setup.mjs/,
    )
    expect(docker.pulls).toEqual(['node:24-bookworm-slim', 'node:24-bookworm-slim'])
  })

  test('a registry that refuses is no reason for a stand-in', async () => {
    const docker = await registryBehindDocker({ images: {}, failure: 'toomanyrequests: rate limit' })
    const provided = provideImages(docker.engine, { ...refusing, forTests: false, signal })
    await expect(provided).rejects.toThrow('node:24-bookworm-slim could not be pulled: toomanyrequests')
  })

  test('a stand-in of an older edition is missing, and so is what Dockerfiles may name, if there is one', async () => {
    const images = { 'node:24-bookworm-slim': { 'tbs.offline-base': '1' } }
    const docker = await registryBehindDocker({ images })
    expect((await lookAtImages(docker.engine, { forTests: false, signal })).missing).toEqual(named('start'))
    docker.images.set('node:24-bookworm-slim', STAND_IN)
    expect(await lookAtImages(docker.engine, { forTests: false, signal })).toMatchObject({
      missing: [],
      standIns: [{ image: 'node:24-bookworm-slim' }],
    })
  })

  test('once a pull works the real images take their names back, and the other stand-ins lose theirs', async () => {
    const docker = await registryBehindDocker({
      images: { 'node:24-bookworm-slim': STAND_IN, 'node:20': STAND_IN, 'python:3.12': {} },
    })
    const standIns = ['node:20', 'node:24-bookworm-slim'].map((image) => ({ image, id: 'sha256:1' }))
    expect(await replaceStandIns(docker.engine, { standIns, signal })).toBe(true)
    expect(Object.fromEntries(docker.images)).toEqual({ 'node:24-bookworm-slim': {}, 'python:3.12': {} })
  })

  test('a registry that can be reached but gives nothing changes nothing', async () => {
    const images = { 'node:24-bookworm-slim': STAND_IN, 'node:20': STAND_IN }
    const docker = await registryBehindDocker({ images, failure: NO_HOST })
    const standIns = Object.keys(images).map((image) => ({ image, id: 'sha256:1' }))
    expect(await replaceStandIns(docker.engine, { standIns, signal })).toBe(false)
    expect(Object.fromEntries(docker.images)).toEqual(images)
  })
})

const refusing = { mayAct: false, install: () => Promise.reject(new Error('nothing may be installed')) }

type Labels = Record<string, string>

/** As much of Docker's API as images need, over HTTP: pulls succeed, or all fail with `failure`. */
const registryBehindDocker = async ({ images, failure }: { images: Record<string, Labels>; failure?: string }) => {
  const there = new Map(Object.entries(images))
  const pulls: string[] = []
  const answer = (method: string, { pathname, searchParams }: URL): [number, unknown] => {
    const name = /\/images\/(.+?)(\/json)?$/.exec(pathname)?.[1] ?? ''
    if (pathname === '/info') return [200, { IndexServerAddress: 'https://registry.example', HttpsProxy: root() }]
    if (name === 'create') {
      const image = `${searchParams.get('fromImage')}:${searchParams.get('tag')}`
      pulls.push(image)
      if (!failure) there.set(image, {})
      return [200, failure ? { error: failure } : { status: 'done' }]
    }
    if (method === 'DELETE') return [there.delete(name) ? 200 : 409, []]
    return there.has(name) ? [200, { Id: `sha256:${name}`, Config: { Labels: there.get(name) } }] : [404, {}]
  }
  const server = createServer((request, response) => {
    const [status, body] = answer(request.method ?? '', new URL(request.url ?? '', 'http://docker'))
    response.writeHead(status).end(JSON.stringify(body))
  })
  const root = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  return { engine: engineApi({ DOCKER_HOST: root() }), images: there, pulls }
}

import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SandboxBot } from '../../telegram-sandbox/index.ts'
import { docker, objectsOf } from '../helpers/docker.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import type { GitRepo } from '../helpers/git-repo.ts'
import { type Installation, installation } from '../helpers/installation.ts'

// Fifty deploys in a row, and fifty that fail: everything stays as it was after the fifth.

const run = promisify(execFile)
const ROUNDS = 50
const MIB = 1024 * 1024

let here: Installation
let repo: GitRepo
let bot: SandboxBot

beforeAll(async () => {
  here = await installation()
  repo = await here.repo('bot')
  await here.start()
  await repo.commit('main', files(0))
  bot = await here.addBot('my-bot', repo)
})

afterAll(() => here.close())

const files = (round: number, bad = false) => ({
  ...fixtureBot({ says: `round ${round}`, ...(bad && { build: 'fails' as const }) }),
  'tbs.yaml': 'gate: { ready: 30s, stable: 1s }\n',
})

describe.each([
  { what: 'deploys', bad: false, end: /is live/ },
  { what: 'failing deploys', bad: true, end: /Not deployed/ },
])('$what', ({ bad, end }) => {
  test(`fifty in a row leave nothing behind`, async () => {
    let fifth: Footprint | undefined
    for (let round = 1; round <= ROUNDS; round++) {
      await repo.commit('main', files(round, bad))
      const asked = here.say('/deploy my-bot main')
      await here.whileTalkingTo(bot, here.reads(end, { after: asked, timeout: 120_000 }))
      if (round === 5) fifth = await footprint()
    }
    const last = await footprint()
    console.log(JSON.stringify({ fifth, last }))
    if (!fifth) throw new Error('there was no fifth round')
    expect(last.objects).toEqual(fifth.objects)
    expect(last.descriptors).toBeLessThanOrEqual(fifth.descriptors + 5)
    expect(last.residentBytes).toBeLessThan(fifth.residentBytes + 60 * MIB)
    expect(last.imageBytes).toBeLessThan(fifth.imageBytes + 5 * MIB)
    expect(last.dataBytes).toBeLessThan(fifth.dataBytes + 5 * MIB)
  })
})

type Footprint = {
  /** How many of each kind carry our label. */
  objects: Record<string, number>
  descriptors: number
  residentBytes: number
  /** Of all layers on the daemon. */
  imageBytes: number
  dataBytes: number
}

const footprint = async (): Promise<Footprint> => {
  const objects = Object.entries(await objectsOf(here.instance))
  const status = await readFile(`/proc/${here.pid()}/status`, 'utf8')
  const { LayersSize } = await docker.df()
  const { stdout } = await run('du', ['--summarize', '--bytes', here.dataDir])
  return {
    objects: Object.fromEntries(objects.map(([kind, names]) => [kind, names.length])),
    descriptors: (await readdir(`/proc/${here.pid()}/fd`)).length,
    residentBytes: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024,
    imageBytes: LayersSize,
    dataBytes: Number.parseInt(stdout, 10),
  }
}

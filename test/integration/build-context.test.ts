import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectDocker } from '../../deploy-engine/io/docker/connect.ts'
import { localFiles } from '../../deploy-engine/io/files.ts'
import { docker, removeAll } from '../helpers/docker.ts'

// Whatever a repository may hold comes into the image as it is, and nothing that it only points to.

const INSTANCE = `tbs-context-${process.pid}`
const SECRET = 'what only this host knows'
const LONG = `${'long'.repeat(40)}.txt`
const NAMES = ['-rf', 'two\nlines', 'ünïcode ✓', 'sub/deep/er.txt', '[a]*?', '"quoted" $HOME', LONG]

const DOCKERFILE = `FROM node:24-bookworm-slim
LABEL tbs.instance=${INSTANCE}
WORKDIR /app
COPY . .
CMD ["node", "look.js"]
`

const LOOK = `
const { lstatSync, readdirSync, readFileSync, readlinkSync } = require('node:fs')
const contentOf = (name, found) => {
  if (found.isSymbolicLink()) return '-> ' + readlinkSync(name)
  return found.isDirectory() ? '/' : readFileSync(name, 'utf8')
}
const seen = readdirSync('.', { recursive: true }).map((name) => {
  const found = lstatSync(name)
  return [name, contentOf(name, found), (found.mode & 0o777).toString(8), found.uid]
})
console.log(JSON.stringify(seen))
`

let outside: string
let context: string

beforeAll(async () => {
  outside = await mkdtemp(join(tmpdir(), 'tbs-outside-'))
  context = await mkdtemp(join(tmpdir(), 'tbs-context-'))
  await writeFile(join(outside, 'secret'), SECRET)
  for (const name of NAMES) {
    await mkdir(join(context, dirname(name)), { recursive: true })
    await writeFile(join(context, name), name, { mode: 0o600 })
  }
  await writeFile(join(context, 'Dockerfile'), DOCKERFILE)
  await writeFile(join(context, 'look.js'), LOOK)
  await writeFile(join(context, 'empty'), '')
  await writeFile(join(context, 'run.sh'), '#!/bin/sh\n')
  await chmod(join(context, 'run.sh'), 0o700)
  const links = { link: 'sub/deep/er.txt', 'directory-link': 'sub', leak: join(outside, 'secret'), dangling: 'nowhere' }
  for (const [name, target] of Object.entries(links)) await symlink(target, join(context, name))
})

afterAll(async () => {
  await removeAll(INSTANCE)
  for (const directory of [outside, context]) await rm(directory, { recursive: true, force: true })
})

type Seen = [name: string, content: string, mode: string, owner: number][]

const inImage = async (buildkit: boolean): Promise<Seen> => {
  const request = {
    context,
    files: await localFiles(outside).list(context),
    dockerfile: 'Dockerfile',
    tag: `${INSTANCE}/context:${buildkit ? 'buildkit' : 'classic'}`,
    args: {},
    buildkit,
    memoryBytes: 512 * 1024 * 1024,
    cpus: 1,
  }
  const failed = await connectDocker().build(request, () => {}, new AbortController().signal)
  expect(failed).toBeUndefined()
  const container = await docker.createContainer({
    Image: request.tag,
    Tty: true,
    Labels: { 'tbs.instance': INSTANCE },
  })
  const output = await container.attach({ stream: true, stdout: true })
  await container.start()
  return JSON.parse(await text(output))
}

test.each([
  ['the classic builder', false],
  ['BuildKit', true],
])('names, modes and links of a repository survive %s, and no link is followed', async (_, buildkit) => {
  const seen = new Map((await inImage(buildkit)).map(([name, ...rest]) => [name, rest]))
  for (const name of NAMES) expect(seen.get(name)).toEqual([name, '644', 0])
  expect(seen.get('run.sh')).toEqual(['#!/bin/sh\n', '755', 0])
  expect(seen.get('empty')?.[0]).toBe('')
  expect(seen.get('link')?.[0]).toBe('-> sub/deep/er.txt')
  expect(seen.get('directory-link')?.[0]).toBe('-> sub')
  expect(seen.get('dangling')?.[0]).toBe('-> nowhere')
  expect(seen.get('leak')?.[0]).toBe(`-> ${join(outside, 'secret')}`)
  expect(JSON.stringify([...seen])).not.toContain(SECRET)
})

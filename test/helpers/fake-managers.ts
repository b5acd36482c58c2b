import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openUpgrading, type Upgrading } from '../../deploy-engine/index.ts'
import { askWhoRuns } from '../../manager-bot/lock.ts'
import { docker } from './docker.ts'
import { quietLog } from './engine.ts'

const run = promisify(execFile)
const PROGRAM = fileURLToPath(new URL('./fake-manager.mjs', import.meta.url))

/** What a version does once it has changed the database. */
export type Does = 'works' | 'exits' | 'deaf' | 'fails'

/** An installation whose manager is a small program, on this machine's Docker. */
export type FakeManagers = {
  dataDir: string
  upgrading: Upgrading
  /** An image of that version; gives its id. */
  image(version: string, does?: Does): Promise<string>
  /** The first manager's container, as an installer makes it. */
  install(image: string): Promise<void>
  managers(): Promise<{ name: string; image: string; state: string; restart: string }[]>
  sql(text: string): Promise<string>
  /** What its managers have noted, each with its version. */
  happened(): Promise<string[]>
  close(): Promise<void>
}

export const fakeManagers = async (): Promise<FakeManagers> => {
  const instance = `tbs-u${randomBytes(3).toString('hex')}`
  const dataDir = await mkdtemp(join(tmpdir(), `${instance}-`))
  const ask = (signal: AbortSignal) => askWhoRuns({ instance, dataDir }, signal)
  const labels = { 'tbs.instance': instance, 'tbs.role': 'manager' }
  const own = () => docker.listContainers({ all: true, filters: { label: [`tbs.instance=${instance}`] } })
  const images = new Set<string>()
  return {
    dataDir,
    upgrading: openUpgrading({ instance, dataDir }, { ask, log: quietLog }),
    image: async (version, does = 'works') => {
      const context = await mkdtemp(join(tmpdir(), 'tbs-fake-manager-'))
      await cp(PROGRAM, join(context, 'fake-manager.mjs'))
      await writeFile(join(context, 'Dockerfile'), dockerfile({ ...labels, 'tbs.version': version }, { version, does }))
      const { stdout } = await run('docker', ['build', '--quiet', context], { env: CLASSIC })
      await rm(context, { recursive: true })
      images.add(stdout.trim())
      return stdout.trim()
    },
    install: async (image) => {
      const container = await docker.createContainer({
        ...{ name: `${instance}-manager`, Image: image, Env: [`TBS_DATA_DIR=${dataDir}`, 'OWN=kept'] },
        Labels: { ...labels, 'tbs.spec': 'as the installer knows it' },
        HostConfig: { Binds: [`${dataDir}:${dataDir}`], RestartPolicy: { Name: 'unless-stopped' }, Init: true },
      })
      await container.start()
      for (const deadline = Date.now() + 20_000; !(await ask(AbortSignal.timeout(1000)))?.polls; ) {
        if (Date.now() > deadline) throw new Error('the first manager does not work')
      }
    },
    managers: async () =>
      Promise.all(
        (await own()).map(async ({ Id, ImageID, State, Names }) => {
          const { HostConfig } = await docker.getContainer(Id).inspect()
          const restart = HostConfig.RestartPolicy?.Name ?? ''
          return { name: (Names[0] ?? '').slice(instance.length + 2), image: ImageID, state: State, restart }
        }),
      ),
    sql: async (text) => {
      const mount = ['--volume', `${dataDir}:/data`]
      const script = 'const d = new (require("node:sqlite").DatabaseSync)("/data/tbs.sqlite");'
      const print = 'console.log(d.prepare(process.argv[1]).all().map((row) => Object.values(row).join(" ")).join(","))'
      const image = 'node:24-bookworm-slim'
      return (await run('docker', ['run', '--rm', ...mount, image, 'node', '-e', script + print, text])).stdout.trim()
    },
    happened: async () => (await readFile(join(dataDir, 'what-happened'), 'utf8')).trim().split('\n'),
    close: async () => {
      for (const { Id } of await own()) await docker.getContainer(Id).remove({ force: true })
      const left = await docker.listImages({ filters: { label: [`tbs.instance=${instance}`] } })
      for (const { Id } of left) await docker.getImage(Id).remove({ force: true })
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

const CLASSIC = { ...process.env, DOCKER_BUILDKIT: '0' }

const dockerfile = (labels: Record<string, string>, { version, does }: { version: string; does: Does }): string =>
  [
    'FROM node:24-bookworm-slim',
    'COPY fake-manager.mjs /',
    `LABEL ${Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(' ')}`,
    `ENV FAKE_VERSION=${version} FAKE_DOES=${does}`,
    'ENTRYPOINT ["node", "/fake-manager.mjs"]',
    '',
  ].join('\n')

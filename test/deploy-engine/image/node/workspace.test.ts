import { expect, test } from 'vitest'
import { planBuild } from '../../../../deploy-engine/image/plan.ts'
import { NO_CHOICES, thrownBy, treeOf } from '../trees.ts'

type Files = Record<string, string | object>

const plan = (files: Files, path: string | null) => planBuild(treeOf(files), { ...NO_CHOICES, path })

const BOT = { scripts: { start: 'node bot.js', build: 'tsc' }, dependencies: { '@x/core': '*', grammy: '1' } }
const WORKSPACE = {
  'package.json': { private: true, workspaces: ['apps/*', 'libs/core'] },
  'package-lock.json': '{}',
  'apps/bot/package.json': BOT,
  'apps/bot/bot.js': 'process.env.BOT_TOKEN',
  'apps/web/package.json': { scripts: { start: 'vite' } },
  'libs/core/package.json': { name: '@x/core' },
}

test('a package of a workspace is installed from the root and started in its own directory', () => {
  const { context, dockerfile, release } = plan(WORKSPACE, 'apps/bot')
  expect(context).toBe('')
  expect(dockerfile).toMatch(/npm ci[\s\S]*WORKDIR \/app\/apps\/bot\nRUN cd \/app && npm run build --workspaces/)
  expect(dockerfile).toContain('chown 1000:1000 /app /app/apps /app/apps/bot /app/apps/bot/data')
  expect(dockerfile).toContain('ENV PATH=/app/apps/bot/node_modules/.bin:/app/node_modules/.bin:')
  expect(release.volumes).toEqual(['/app/apps/bot/data'])
  expect(release.evidence[0]).toBe('directory: apps/bot (as set for this bot); its files are named relative to it')
  expect(release.evidence).toContain(
    'apps/bot is a package of a workspace (package.json): installed from its root, started in its directory',
  )
  expect(release.tokenEnv).toBe('BOT_TOKEN')
})

test('pnpm builds only what the package needs', () => {
  const { 'package-lock.json': _, ...others } = WORKSPACE
  const workspace = { 'package.json': {}, 'pnpm-workspace.yaml': 'packages: [ "apps/**" ]', 'pnpm-lock.yaml': '' }
  const pnpm: Files = { ...others, ...workspace }
  const { dockerfile } = plan(pnpm, 'apps/bot')
  expect(dockerfile).toMatch(/RUN pnpm install[\s\S]*WORKDIR \/app\/apps\/bot\nRUN pnpm --filter "\{\.\}\^\.\.\."/)
})

test('the only package with a library for bots is found by itself', () => {
  const { release } = plan(WORKSPACE, null)
  expect(release.evidence[0]).toContain('apps/bot (the one with a library for Telegram bots)')
})

test.each<[string, object]>([
  ['runs all its packages', { workspaces: ['apps/*'], scripts: { start: 'turbo run start', dev: 'turbo dev' } }],
  ['has only a formatter', { devDependencies: { prettier: '3' }, scripts: { format: 'prettier .' } }],
])('so it is beside a package.json that %s', (_what, manifest) => {
  const files = { 'package.json': manifest, 'apps/bot/package.json': BOT, 'apps/bot/bot.js': '' }
  expect(plan(files, null).release.evidence[0]).toContain('directory: apps/bot')
  const python = { 'package.json': manifest, 'bot/requirements.txt': 'aiogram', 'bot/main.py': 'dp.start_polling()' }
  expect(plan(python, null).context).toBe('bot')
})

test('a directory that no workspace lists is a repository of its own', () => {
  const { context, dockerfile } = plan(
    { 'package.json': {}, 'bots/one/package.json': BOT, 'bots/one/package-lock.json': '' },
    'bots/one',
  )
  expect(context).toBe('bots/one')
  expect(dockerfile).toContain('COPY --chown=1000:1000 package.json package-lock.json ./')
})

test('tbs.yaml is looked for in the directory, else at the top', () => {
  const top = { 'tbs.yaml': 'run: { memory: 64m }' }
  expect(plan({ ...WORKSPACE, ...top }, 'apps/bot').release.memoryBytes).toBe(64 * 1024 * 1024)
  const own = { ...top, 'apps/bot/tbs.yaml': 'run: { memory: 128m }' }
  expect(plan({ ...WORKSPACE, ...own }, './apps/bot/').release.memoryBytes).toBe(128 * 1024 * 1024)
})

test.each(['../x', '/etc', 'apps/none', 'apps/bot/bot.js'])('the path %s is refused', (path) => {
  expect(thrownBy(() => plan(WORKSPACE, path))).toMatchObject({
    code: 'cannot_detect',
    hint: expect.stringContaining('path='),
  })
})

test('a name that would be an instruction is refused', () => {
  const name = 'apps/b\nRUN rm -rf'
  const files = { ...WORKSPACE, [`${name}/package.json`]: BOT }
  expect(thrownBy(() => plan(files, name))).toMatchObject({
    code: 'cannot_detect',
    hint: expect.stringContaining('Rename it'),
  })
})

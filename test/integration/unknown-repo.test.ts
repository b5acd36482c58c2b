import { afterAll, beforeAll, expect, test } from 'vitest'
import { docker, objectsOf } from '../helpers/docker.ts'
import { type Installation, installation, OWNER } from '../helpers/installation.ts'

// A TypeScript repository that knows nothing of us, with nothing but its token.

const FILES = {
  'package.json': JSON.stringify(
    {
      name: 'counter',
      private: true,
      scripts: { build: 'tsc', start: 'node dist/index.js' },
      devDependencies: { typescript: '5.9.3', '@types/node': '20.19.0' },
    },
    null,
    2,
  ),
  'tsconfig.json': JSON.stringify({ compilerOptions: { outDir: 'dist', module: 'nodenext', target: 'es2022' } }),
  '.env.example': 'TELEGRAM_TOKEN=your_token_here\nGREETING=count\n',
  '.gitignore': 'node_modules\ndist\ndata\n.env\n',
  'src/index.ts': `
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const token = process.env.TELEGRAM_TOKEN
if (!token) throw new Error('TELEGRAM_TOKEN is missing')
const api = \`\${process.env.TELEGRAM_API_ROOT ?? 'https://api.telegram.org'}/bot\${token}\`
const file = join(__dirname, '..', 'data', 'db.json')

async function call(method: string, params: object): Promise<any> {
  const response = await fetch(\`\${api}/\${method}\`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(params),
  })
  return ((await response.json()) as { result: unknown }).result
}

async function main(): Promise<void> {
  mkdirSync(join(__dirname, '..', 'data'), { recursive: true })
  let offset = 0
  for (;;) {
    for (const update of await call('getUpdates', { offset, timeout: 20 })) {
      offset = update.update_id + 1
      const count: number = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).count + 1 : 1
      writeFileSync(file, JSON.stringify({ count }))
      await call('sendMessage', { chat_id: update.message.chat.id, text: \`\${process.env.GREETING} \${count}\` })
    }
  }
}
void main()
`,
}

let here: Installation

beforeAll(async () => {
  here = await installation()
  await here.start()
})

afterAll(() => here.close())

test('is built, runs with its defaults, and has its data after a second deploy', async () => {
  const repo = await here.repo('counter')
  await repo.commit('main', FILES)
  const bot = await here.addBot('counter', repo)
  const hear = (text: string) =>
    here.sandbox.waitFor((s) => s.conversation(bot.username, OWNER).some((message) => message.text === text), {
      timeout: 15_000,
      what: text,
    })
  const deploy = async (release: number) => {
    const asked = here.say('/deploy counter')
    await here.reads(/▸ See it work/, { after: asked, timeout: 120_000 })
    here.sandbox.say(OWNER, bot.username, 'one more')
    const message = await here.reads(new RegExp(`v${release} .* is live`), { after: asked, timeout: 150_000 })
    return message.history.map(({ text }) => text).join('\n')
  }

  const told = await deploy(1)
  await hear('count 1')
  expect(told).toContain('TELEGRAM_TOKEN')

  await repo.commit('main', { ...FILES, 'README.md': 'changed' })
  await deploy(2)
  await hear('count 2')

  const { containers = [], volumes = [] } = await objectsOf(here.instance)
  expect(containers).toEqual([`/${here.instance}-counter-v2 running`])
  expect(volumes).toHaveLength(1)
  const { Config, HostConfig } = await docker.getContainer(`${here.instance}-counter-v2`).inspect()
  expect(Config.User).toBe('1000:1000')
  expect(Config.Env.filter((line) => line.startsWith('NODE_ENV='))).toEqual([])
  expect(HostConfig.CapDrop).toEqual(['ALL'])
})

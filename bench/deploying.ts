import { fixtureBot } from '../test/helpers/fixture-bot.ts'
import type { GitRepo } from '../test/helpers/git-repo.ts'
import { type Installation, OWNER } from '../test/helpers/installation.ts'

export type Deploys = { done: number; failed: number }

/** Deploys bots of these names without a pause, each time a change that takes seconds to build; begun once all are. */
export const keepDeploying = async (
  here: Installation,
  names: readonly string[],
): Promise<{ stop(): Promise<Deploys> }> => {
  const over = new AbortController()
  const loops: Promise<Deploys>[] = []
  for (const name of names) {
    const repo = await here.repo(name)
    await here.addBot(name, repo)
    loops.push(deployOn(here, { name, repo }, over.signal))
  }
  for (const name of names) await here.reads(new RegExp(`^Deploying ${name} `))
  return {
    stop: async () => {
      over.abort()
      const all = await Promise.all(loops)
      return all.reduce((sum, one) => ({ done: sum.done + one.done, failed: sum.failed + one.failed }))
    },
  }
}

type Loaded = { name: string; repo: GitRepo }

const deployOn = async (here: Installation, { name, repo }: Loaded, over: AbortSignal): Promise<Deploys> => {
  const deploys: Deploys = { done: 0, failed: 0 }
  let next = change(repo, 0)
  for (let round = 0; !over.aborted; round++) {
    await next
    const verdict = verdictOn(here, `${name} at round${round}`)
    here.say(`/deploy ${name} round${round}`)
    // Made beside, so that there is no pause between two deploys.
    next = change(repo, round + 1)
    deploys[await verdict] += 1
  }
  await next
  return deploys
}

const verdictOn = ({ sandbox, manager }: Installation, what: string): Promise<keyof Deploys> =>
  new Promise((resolve) => {
    const stop = sandbox.onChange((event) => {
      if (event.type !== 'edit' || event.chat !== manager.username || event.person !== OWNER) return
      const [, end] = new RegExp(`^(Deployed|Deploy of) ${what}\\b`).exec(event.message.text) ?? []
      if (end === undefined) return
      stop()
      resolve(end === 'Deployed' ? 'done' : 'failed')
    })
  })

const SOURCES = 300

const change = (repo: GitRepo, round: number): Promise<string> =>
  repo.commit(`round${round}`, {
    ...fixtureBot({ says: `round ${round}` }),
    ...Object.fromEntries(
      Array.from({ length: SOURCES }, (_, n) => [`src/${n}.js`, `// ${n}\n${'x'.repeat(79)}\n`.repeat(50)]),
    ),
    Dockerfile: DOCKERFILE,
    'compile.js': COMPILE,
    'tbs.yaml': 'gate: { ready: 30s, stable: 3s }\n',
  })

const DOCKERFILE = `FROM node:24-bookworm-slim
WORKDIR /app
COPY . .
RUN node compile.js
CMD ["node", "bot.js"]
`

// What a small project's build is to a machine: seconds of a core, thousands of files and of lines.
const COMPILE = `
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
mkdirSync('dist')
const sources = readdirSync('src')
for (let part = 0; part < 3000; part++) {
  const source = readFileSync('src/' + sources[part % sources.length])
  const hash = createHash('sha256')
  for (let pass = 0; pass < 400; pass++) hash.update(source)
  writeFileSync('dist/' + part + '.js', source)
  console.log('compiled part', part, hash.digest('hex'))
}
`

#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`tbs-manager needs Node 20.19 or newer, and this is ${process.versions.node}.`)
  process.exit(1)
}

// For a process that waits most of the time: a young generation that has grown is never given back, 30 MB of it, and
// waking four threads to clean one that is small costs more than it saves.
if (process.argv[2] === 'serve') {
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--no-parallel-scavenge')
}

// Both run in this process and not in a child of it, so that every signal reaches the one that has to act on it.
const inClone = existsSync(new URL('../tsconfig.json', import.meta.url))
// With a server named it is refused, like whatever else only works here.
const demo = process.argv[2] === 'demo' && !process.argv.some((word) => /^--host(=|$)/.test(word))
if (inClone) {
  await registerTypeScript()
  await import(demo ? '../demo/main.ts' : '../manager-bot/terminal/cli.ts')
} else {
  await import(demo ? '../dist/demo.mjs' : '../dist/cli.mjs')
}

async function registerTypeScript() {
  try {
    const { register } = await import('tsx/esm/api')
    register()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error
    console.error(
      'tbs-manager: this clone has not been set up yet. Run `node scripts/setup.mjs` in it, or `npm start`.',
    )
    process.exit(1)
  }
}

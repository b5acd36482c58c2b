#!/usr/bin/env node
import { setMaxListeners } from 'node:events'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lookAtImages, provideImages, replaceStandIns } from './setup/base-images.mjs'
import { installAdvice, lookAtMachine, packageInstaller } from './setup/debian-packages.mjs'
import { enginePackages, lookAtEngine, startAdvice, startEngine } from './setup/docker-engine.mjs'
import { engineApi } from './setup/engine-api.mjs'
import { installModules, whyInstall } from './setup/node-modules.mjs'
import { lookAtPrograms } from './setup/programs.mjs'
import { Interrupted, SetupError } from './setup/setup-error.mjs'
import { say, stopwatch } from './setup/step.mjs'
import { together } from './setup/together.mjs'
import { problems, summary, tooOld } from './setup/verdict.mjs'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/** @typedef {import('./setup/engine-api.mjs').EngineApi} EngineApi */
/** @typedef {import('./setup/verdict.mjs').Findings} Findings */

/**
 * Makes a machine ready for `npm start` and, with `--test`, for `npm test`. Every tool is asked, every time.
 * @param {{ forTests: boolean, signal: AbortSignal }} options
 */
async function setUp({ forTests, signal }) {
  const elapsed = stopwatch()
  const old = tooOld(process.versions.node)
  if (old) throw new SetupError(old)
  const engine = engineApi(process.env)
  const found = await look(engine, { forTests, signal })
  if (problems(found).length > 0) await fix(engine, { found, forTests, signal })
  const now = problems(found).length > 0 ? await look(engine, { forTests, signal }) : found
  const left = problems(now)
  if (left.length > 0) throw new SetupError(`still not right: ${left.join('; ')}`)
  const replaced = await replaceStandIns(engine, { standIns: now.standIns, signal })
  say(summary(replaced ? await look(engine, { forTests, signal }) : now, elapsed()))
}

/**
 * @param {EngineApi} engine
 * @param {{ forTests: boolean, signal: AbortSignal }} options
 * @returns {Promise<Findings>}
 */
async function look(engine, { forTests, signal }) {
  const [programs, staleModules, docker] = await Promise.all([
    lookAtPrograms({ forTests, signal }),
    whyInstall(ROOT, signal),
    lookAtDocker(engine, { forTests, signal }),
  ])
  return { node: process.versions.node, programs, staleModules, ...docker }
}

/**
 * @param {EngineApi} engine
 * @param {{ forTests: boolean, signal: AbortSignal }} options
 */
async function lookAtDocker(engine, { forTests, signal }) {
  const docker = await lookAtEngine(engine, signal)
  const images = 'version' in docker ? await lookAtImages(engine, { forTests, signal }) : { missing: [], standIns: [] }
  return { docker, missingImages: images.missing, standIns: images.standIns }
}

/**
 * @param {EngineApi} engine
 * @param {{ found: Findings, forTests: boolean, signal: AbortSignal }} options
 */
async function fix(engine, { found, forTests, signal }) {
  const machine = await lookAtMachine(process.getuid?.() ?? -1)
  const install = packageInstaller(machine)
  const engineNeeds = 'absent' in found.docker ? await enginePackages(signal) : []
  const packages = found.programs.flatMap(({ version, debianPackage }) => (version ? [] : [debianPackage]))
  const needed = [...packages, ...engineNeeds]
  const advice = [
    ...(needed.length > 0 && !machine.mayAct ? [installAdvice(needed, machine)] : []),
    ...('absent' in found.docker && !machine.mayAct ? [startAdvice()] : []),
    ...('unusable' in found.docker ? [found.docker.unusable] : []),
  ]
  if (advice.length > 0) throw new SetupError(advice.join('\n'))
  if (needed.length > 0) await install(needed, signal)
  await together(signal, [
    async (signal) => (found.staleModules ? installModules(ROOT, signal) : undefined),
    async (signal) => {
      const docker = await lookAtEngine(engine, signal)
      if (!('version' in docker)) await startEngine(engine, signal)
      await provideImages(engine, { forTests, install, mayAct: machine.mayAct, signal })
    },
  ])
}

const stop = new AbortController()
// Each program that runs and each request listens.
setMaxListeners(0, stop.signal)
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  // Once: a second Ctrl-C ends setup at once.
  process.once(signal, () => stop.abort(new Interrupted(signal)))
}

try {
  await setUp({ forTests: process.argv.includes('--test'), signal: stop.signal })
} catch (thrown) {
  const error = stop.signal.aborted ? stop.signal.reason : thrown
  const expected = error instanceof SetupError || error instanceof Interrupted
  console.error(`setup: ${expected ? error.message : (error.stack ?? error)}`)
  process.exitCode = error instanceof Interrupted ? error.exitCode : 1
}

import { spawn } from 'node:child_process'
import { existsSync, openSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { ask, run } from './command.mjs'
import { API_VERSION } from './engine-api.mjs'
import { SetupError } from './setup-error.mjs'
import { step } from './step.mjs'

const LOG = '/var/log/dockerd.log'
const ANSWER_MS = 10_000
const START_MS = 60_000
const POLL_MS = 100
// A root shell opened by plain `su` lacks the directories that dockerd and iptables are in.
const PATH = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`

/** @typedef {import('./engine-api.mjs').EngineApi} EngineApi */
/** @typedef {{ version: string } | { absent: string } | { unusable: string }} EngineState */

/**
 * @param {EngineApi} engine
 * @param {AbortSignal} signal
 * @returns {Promise<EngineState>} `absent`: nothing answers, and it may be started; `unusable`: only a person can help
 */
export async function lookAtEngine(engine, signal) {
  try {
    const { Version, ApiVersion } = await engine.version(AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]))
    return isOlder(ApiVersion, API_VERSION)
      ? { unusable: `Docker ${Version} speaks API ${ApiVersion}; ${API_VERSION} or newer is needed: upgrade Docker.` }
      : { version: Version.replace(/\+.*/, '') }
  } catch (error) {
    signal.throwIfAborted()
    return refusal(/** @type {NodeJS.ErrnoException} */ (error), process.env.DOCKER_HOST)
  }
}

/**
 * @param {NodeJS.ErrnoException} error
 * @param {string | undefined} dockerHost
 * @returns {EngineState}
 */
export function refusal(error, dockerHost) {
  if (error.code === 'EACCES') {
    return { unusable: 'This user may not use Docker. Run:\n  sudo usermod -aG docker "$USER"\nand log in again.' }
  }
  if (dockerHost) {
    return {
      unusable: `No Docker answers at DOCKER_HOST=${dockerHost} (${error.message}): start it or unset DOCKER_HOST.`,
    }
  }
  const notThere = ['ENOENT', 'ECONNREFUSED'].includes(error.code ?? '')
  return notThere ? { absent: error.message } : { unusable: `Docker does not answer: ${error.message}` }
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<string[]>} the Debian packages still needed to start an engine
 */
export async function enginePackages(signal) {
  const env = { PATH }
  const [dockerd, iptables] = await Promise.all(
    ['dockerd', 'iptables'].map((program) => ask(program, ['--version'], { env, signal })),
  )
  return [...(dockerd === undefined ? ['docker.io'] : []), ...(iptables === undefined ? ['iptables'] : [])]
}

const hasSystemd = () => existsSync('/run/systemd/system')

/** What to type where setup may not start the engine itself. */
export const startAdvice = () => {
  const command = hasSystemd() ? 'sudo systemctl start docker' : `sudo sh -c 'dockerd >>${LOG} 2>&1 &'`
  return `Docker is not running. Run:\n  ${command}`
}

/**
 * Starts the installed Docker Engine, as root, and waits until it answers.
 * @param {EngineApi} engine
 * @param {AbortSignal} signal
 */
export async function startEngine(engine, signal) {
  await step('starting Docker', async () => {
    if (hasSystemd()) await run('systemctl', ['start', 'docker'], { signal })
    await waitUntilAnswering(engine, { ended: hasSystemd() ? () => undefined : await startDaemon(), signal })
  })
}

/** @returns {Promise<() => string | undefined>} tells how the daemon ended, if it did */
async function startDaemon() {
  if (await removeStalePids()) return () => undefined
  const log = openSync(LOG, 'a')
  const daemon = spawn('dockerd', [], { detached: true, stdio: ['ignore', log, log], env: { ...process.env, PATH } })
  /** @type {string | undefined} */
  let end
  daemon.once('error', (error) => {
    end = error.message
  })
  daemon.once('exit', (code, signal) => {
    end = `dockerd ended with ${signal ?? `exit code ${code}`}`
  })
  daemon.unref()
  return () => end
}

/**
 * A killed engine leaves pid files, and once another process has such a number the engine refuses to start.
 * @returns {Promise<boolean>} whether an engine is running, after all
 */
async function removeStalePids() {
  const engineRuns = await isRunning('/var/run/docker.pid', 'dockerd')
  await isRunning('/var/run/docker/containerd/containerd.pid', 'containerd')
  return engineRuns
}

/**
 * @param {string} pidFile removed when its process is another program
 * @param {string} program
 */
export async function isRunning(pidFile, program, proc = '/proc') {
  const pid = (await readFile(pidFile, 'utf8').catch(() => '')).trim()
  if (!pid) return false
  const name = (await readFile(`${proc}/${pid}/comm`, 'utf8').catch(() => '')).trim()
  if (name === program) return true
  await rm(pidFile)
  return false
}

/**
 * @param {EngineApi} engine
 * @param {{ ended: () => string | undefined, signal: AbortSignal }} options
 */
async function waitUntilAnswering(engine, { ended, signal }) {
  const deadline = AbortSignal.timeout(START_MS)
  for (;;) {
    const state = await lookAtEngine(engine, signal)
    if ('version' in state) return
    if ('unusable' in state) throw new SetupError(state.unusable)
    const end = ended() ?? (deadline.aborted ? `no answer within ${START_MS / 1000} s` : undefined)
    if (end) throw new SetupError(`Docker did not start: ${end}.${await lastOfLog()}`)
    await delay(POLL_MS, undefined, { signal })
  }
}

async function lastOfLog() {
  const text = await readFile(LOG, 'utf8').catch(() => undefined)
  return text === undefined ? '' : ` Last lines of ${LOG}:\n${text.trim().split('\n').slice(-10).join('\n')}`
}

/**
 * @param {string} version like 1.41
 * @param {string} needed
 */
export function isOlder(version, needed) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [neededMajor = 0, neededMinor = 0] = needed.split('.').map(Number)
  return major === neededMajor ? minor < neededMinor : major < neededMajor
}

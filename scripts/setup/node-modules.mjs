import { existsSync } from 'node:fs'
import { readFile, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ask, run } from './command.mjs'
import { SetupError } from './setup-error.mjs'
import { step } from './step.mjs'

/**
 * The part of a package-lock.json that matters here: what is locked, by its path.
 * @typedef {{ version?: string, optional?: boolean, os?: string[], cpu?: string[], libc?: string[] }} Locked
 * @typedef {Record<string, Locked>} Packages
 */

/**
 * @param {string} root of the checkout
 * @param {AbortSignal} signal
 * @returns {Promise<string | undefined>} why node_modules has to be installed anew, if it has to
 */
export async function whyInstall(root, signal) {
  const [locked, recorded, natives] = await Promise.all([
    packagesIn(join(root, 'package-lock.json')),
    packagesIn(join(root, 'node_modules/.package-lock.json')).catch(() => ({})),
    nativesLoad(root, signal),
  ])
  const installed = await versionsOnDisk(root, Object.keys(locked))
  return difference(locked, { installed, recorded: Object.keys(recorded), machine: thisMachine() }) ?? natives
}

/**
 * @param {string} root of the checkout
 * @param {AbortSignal} signal
 */
export async function installModules(root, signal) {
  // node-gyp would download Node's headers, though they came with the Node that runs.
  const prefix = dirname(dirname(await realpath(process.execPath)))
  const env = existsSync(join(prefix, 'include/node/node.h')) ? { npm_config_nodedir: prefix } : undefined
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund']
  await step('npm ci (compiles sqlite3: 1 to 3 minutes)', () =>
    run('npm', args, { cwd: root, ...(env && { env }), signal }),
  )
  const wrong = await whyInstall(root, signal)
  if (!wrong) return
  throw new SetupError(
    `npm ci ended well, but ${wrong}: npm leaves out what it could not build.\n` +
      'To see why: npm ci --foreground-scripts',
  )
}

/**
 * The first difference between what is locked and what is there.
 * @param {Packages} locked
 * @param {object} found
 * @param {Map<string, string | undefined>} found.installed versions on disk, by path
 * @param {string[]} found.recorded paths that npm recorded when it installed
 * @param {{ os: string, cpu: string, libc: string }} found.machine
 * @returns {string | undefined}
 */
export function difference(locked, { installed, recorded, machine }) {
  for (const [path, entry] of Object.entries(locked)) {
    const version = installed.get(path)
    if (path === '' || version === entry.version) continue
    if (version !== undefined) return `${path} is ${version} and not ${entry.version}`
    if (!entry.optional || isFor(entry, machine)) return `${path} is missing`
  }
  const extra = recorded.find((path) => !(path in locked))
  return extra && `${extra} is not in package-lock.json`
}

/**
 * @param {Locked} entry
 * @param {{ os: string, cpu: string, libc: string }} machine
 * @returns {boolean} whether an optional package was published for just this kind of machine
 */
function isFor({ os, cpu, libc }, machine) {
  if (!os || !cpu) return false
  return os.includes(machine.os) && cpu.includes(machine.cpu) && (libc?.includes(machine.libc) ?? true)
}

const thisMachine = () => ({
  os: process.platform,
  cpu: process.arch,
  libc: existsSync('/etc/alpine-release') ? 'musl' : 'glibc',
})

/**
 * @param {string} path
 * @returns {Promise<Packages>}
 */
const packagesIn = async (path) => JSON.parse(await readFile(path, 'utf8')).packages

/**
 * @param {string} root
 * @param {string[]} paths
 * @returns {Promise<Map<string, string | undefined>>}
 */
async function versionsOnDisk(root, paths) {
  const version = async (/** @type {string} */ path) =>
    JSON.parse(await readFile(join(root, path, 'package.json'), 'utf8')).version
  return new Map(await Promise.all(paths.map(async (path) => entry(path, await version(path).catch(() => undefined)))))
}

/**
 * @param {string} path
 * @param {string | undefined} version
 * @returns {[string, string | undefined]}
 */
const entry = (path, version) => [path, version]

// In a process of its own: a binary made for another machine may end it, and a failed load is not tried again in one.
/**
 * @param {string} root
 * @param {AbortSignal} signal
 * @returns {Promise<string | undefined>}
 */
async function nativesLoad(root, signal) {
  const natives = { sqlite3: "require('sqlite3')", esbuild: "require('esbuild').transformSync('')" }
  const failures = await Promise.all(
    Object.entries(natives).map(async ([name, code]) => {
      const answer = await ask(process.execPath, ['-e', `${code}; console.log('loads')`], { cwd: root, signal })
      return answer === 'loads' ? undefined : `${name} does not load`
    }),
  )
  return failures.find(Boolean)
}

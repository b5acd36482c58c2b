import { readFile } from 'node:fs/promises'
import { run } from './command.mjs'
import { SetupError } from './setup-error.mjs'
import { say, step } from './step.mjs'

// A fresh server is often still busy with its own upgrades.
const WAIT_FOR_LOCK = ['-o', 'DPkg::Lock::Timeout=300']
const INSTALL = ['install', '-y', '--no-install-recommends']

/** @typedef {{ mayAct: boolean, debian: boolean }} Machine what setup may do on this machine */

/**
 * @param {number} uid of this process
 * @returns {Promise<Machine>}
 */
export async function lookAtMachine(uid) {
  const debian = isDebian(await readFile('/etc/os-release', 'utf8').catch(() => ''))
  return { debian, mayAct: debian && uid === 0 }
}

/**
 * @param {string} osRelease the text of /etc/os-release
 * @returns {boolean} whether packages are Debian's or Ubuntu's
 */
export function isDebian(osRelease) {
  const [, names = ''] = /^ID=(.*)$/m.exec(osRelease) ?? []
  const [, like = ''] = /^ID_LIKE=(.*)$/m.exec(osRelease) ?? []
  return /\b(debian|ubuntu)\b/.test(`${names} ${like}`)
}

/**
 * What to type where setup may not install the packages itself.
 * @param {string[]} packages
 * @param {Machine} machine
 * @returns {string}
 */
export function installAdvice(packages, { debian }) {
  if (!debian) return `Missing: ${packages.join(', ')} (names of Debian packages). Install them the way of this system.`
  const command = ['sudo', 'apt-get', ...INSTALL, ...packages].join(' ')
  return `Missing: ${packages.join(', ')}. Only root may install packages. Run:\n  sudo apt-get update\n  ${command}`
}

/**
 * @param {Machine} machine
 * @returns {(packages: string[], signal: AbortSignal) => Promise<void>} installs packages; the lists are updated once
 */
export function packageInstaller(machine) {
  let updated = false
  return async (packages, signal) => {
    if (!machine.mayAct) throw new SetupError(installAdvice(packages, machine))
    say(`installing Debian packages: ${packages.join(' ')}`)
    if (!updated) await step('apt-get update', () => aptGet(['update'], signal))
    updated = true
    await step(`apt-get install ${packages.join(' ')}`, () => aptGet([...INSTALL, ...packages], signal))
  }
}

/**
 * @param {string[]} args
 * @param {AbortSignal} signal
 */
const aptGet = (args, signal) =>
  run('apt-get', [...WAIT_FOR_LOCK, ...args], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    signal,
    // SIGINT, and to apt-get alone: it ends a download at once but lets a running dpkg finish its work.
    stop: (pid) => process.kill(pid, 'SIGINT'),
  })

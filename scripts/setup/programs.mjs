import { access } from 'node:fs/promises'
import { ask } from './command.mjs'

const CA_BUNDLES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem']

/**
 * What has to be on the machine, each with the Debian package it comes from and a way to ask for its version.
 * @typedef {object} Program
 * @property {string} name
 * @property {string} debianPackage
 * @property {(signal: AbortSignal) => Promise<string | undefined>} version undefined: it is missing
 */

/**
 * @param {string} name
 * @param {string} debianPackage
 * @param {string} [path] where it is expected, if not on PATH
 * @returns {Program}
 */
const program = (name, debianPackage, path = name) => ({
  name,
  debianPackage,
  version: async (signal) => /\d+(\.\d+)+/.exec((await ask(path, ['--version'], { signal })) ?? '')?.[0],
})

/**
 * One that does not tell its version the usual way.
 * @param {string} name
 * @param {string} debianPackage
 * @param {string} path
 * @returns {Program}
 */
const file = (name, debianPackage, path) => ({
  name,
  debianPackage,
  version: () =>
    access(path).then(
      () => path,
      () => undefined,
    ),
})

/** @type {Program} */
const certificates = {
  name: 'ca-certificates',
  debianPackage: 'ca-certificates',
  version: () => Promise.any(CA_BUNDLES.map((path) => access(path).then(() => path))).catch(() => undefined),
}

const FOR_TESTS = [
  program('chromium', 'chromium', '/usr/bin/chromium'),
  // A server of one's own for repositories over ssh; run by the tests themselves, on a port of their own.
  file('sshd', 'openssh-server', '/usr/sbin/sshd'),
  // A Docker daemon of one's own, in a network of its own.
  file('ip', 'iproute2', '/usr/sbin/ip'),
  program('pgrep', 'procps'),
  // What a person without the manager has: a backup is opened by them.
  program('age', 'age'),
  program('sqlite3', 'sqlite3'),
]

/** @type {Program[]} */
const PROGRAMS = [
  program('git', 'git'),
  // These three compile sqlite3, which has no ready-made binary for every machine.
  program('python3', 'python3'),
  program('make', 'make'),
  program('g++', 'g++'),
  certificates,
  program('redis-server', 'redis-server'),
]

/**
 * @param {{ forTests: boolean, signal: AbortSignal }} options
 * @returns {Promise<{ name: string, debianPackage: string, version: string | undefined }[]>}
 */
export function lookAtPrograms({ forTests, signal }) {
  const wanted = forTests ? [...PROGRAMS, ...FOR_TESTS] : PROGRAMS
  return Promise.all(
    wanted.map(async ({ name, debianPackage, version }) => ({ name, debianPackage, version: await version(signal) })),
  )
}

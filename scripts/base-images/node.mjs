import { chmod, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../setup/command.mjs'
import { CA_BUNDLE } from './debian-root.mjs'
import { tools } from './tools.mjs'

/** @typedef {import('./stand-in.mjs').Recipe} Recipe */

const ENTRYPOINT = 'usr/local/bin/docker-entrypoint.sh'
const YARN = '1.22.22'
// What the public images of each version come with.
const NPM = { 20: '10', 22: '10', 24: '11' }

/**
 * What is in node:<major>-bookworm-slim, made from the npm registry: Node with its headers, npm, yarn and corepack; the
 * user node (1000), the entrypoint; no git, no python3, no compiler.
 *
 * The packages node-linux-* on npm hold each version's headers, and npm_config_nodedir makes node-gyp take them:
 * without it node-gyp downloads them from nodejs.org, which a machine that needs stand-ins does not reach.
 * @param {keyof typeof NPM} major
 * @returns {Recipe}
 */
export const slimNode = (major) => ({
  async write({ context, scratch, signal }) {
    const files = join(context, 'files')
    const version = await installNode(files, { major, scratch, signal })
    await writeEntrypoint(files)
    await keepNpmRegistry(files, signal)
    return ['COPY files/ /', ...addUser, `ENV NODE_VERSION=${version} YARN_VERSION=${YARN}`, ...settings]
  },
})

/**
 * The same with the tools of node:<major>.
 * @param {Recipe} slim
 * @returns {Recipe}
 */
export const fullNode = (slim) => ({
  from: tools,
  stages: { slim },
  write: () => ['COPY --from=slim /usr/local/ /usr/local/', 'COPY --from=slim /opt/ /opt/', ...addUser, ...settings],
})

const addUser = ['RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node']

const settings = [
  `ENV NODE_EXTRA_CA_CERTS=${CA_BUNDLE} npm_config_nodedir=/usr/local`,
  'ENTRYPOINT ["docker-entrypoint.sh"]',
  'CMD ["node"]',
]

/**
 * @param {string} root
 * @param {{ major: keyof typeof NPM, scratch: string, signal: AbortSignal }} options
 * @returns {Promise<string>} the version of Node
 */
async function installNode(root, { major, scratch, signal }) {
  const local = join(root, 'usr/local')
  const names = [`node-linux-${process.arch}@${major}`, `npm@${NPM[major]}`, 'corepack', `yarn@${YARN}`]
  const [node = '', npm = '', corepack = '', yarn = ''] = await Promise.all(
    names.map((name) => unpack(name, scratch, signal)),
  )
  for (const path of ['bin', 'include', 'lib/node_modules']) await mkdir(join(local, path), { recursive: true })
  await mkdir(join(root, 'opt'))
  await rename(join(node, 'bin/node'), join(local, 'bin/node'))
  await rename(join(node, 'include/node'), join(local, 'include/node'))
  await dropOtherMachines(join(local, 'include/node/openssl/archs'))
  await rename(npm, join(local, 'lib/node_modules/npm'))
  await rename(corepack, join(local, 'lib/node_modules/corepack'))
  await rename(yarn, join(root, `opt/yarn-v${YARN}`))
  await chmod(join(local, 'bin/node'), 0o755)
  await linkPrograms(local)
  return (await run(join(local, 'bin/node'), ['--version'], { signal })).trim().slice(1)
}

// Nine tenths of the headers are OpenSSL's settings for other systems.
/** @param {string} archs */
async function dropOtherMachines(archs) {
  const others = (await readdir(archs)).filter((name) => !/^linux-(x86_64|aarch64)$/.test(name))
  await Promise.all(others.map((name) => rm(join(archs, name), { recursive: true })))
}

/** @param {string} local */
async function linkPrograms(local) {
  const links = {
    nodejs: 'node',
    npm: '../lib/node_modules/npm/bin/npm-cli.js',
    npx: '../lib/node_modules/npm/bin/npx-cli.js',
    corepack: '../lib/node_modules/corepack/dist/corepack.js',
    yarn: `/opt/yarn-v${YARN}/bin/yarn`,
    yarnpkg: `/opt/yarn-v${YARN}/bin/yarnpkg`,
  }
  for (const [name, target] of Object.entries(links)) await symlink(target, join(local, 'bin', name))
}

/**
 * @param {string} name of a package, with its version range
 * @param {string} scratch
 * @param {AbortSignal} signal
 * @returns {Promise<string>} the directory with the package's files
 */
async function unpack(name, scratch, signal) {
  const directory = await mkdtemp(join(scratch, 'package-'))
  await run('npm', ['pack', '--silent', '--pack-destination', directory, name], { cwd: directory, signal })
  const tarball = (await readdir(directory)).find((file) => file.endsWith('.tgz'))
  if (!tarball) throw new Error(`npm pack ${name} left no tarball in ${directory}`)
  await run('tar', ['-C', directory, '--no-same-owner', '-xzf', join(directory, tarball)], { signal })
  return join(directory, 'package')
}

// The real image's entrypoint makes `docker run <image> app.js` run node; generated images inherit it.
/** @param {string} root */
async function writeEntrypoint(root) {
  const script = [
    '#!/bin/sh',
    'case "$1" in',
    '  -*) exec node "$@" ;;',
    'esac',
    'if [ -z "$(command -v "$1")" ] || { [ -f "$1" ] && [ ! -x "$1" ]; }; then exec node "$@"; fi',
    'exec "$@"',
  ]
  await writeFile(join(root, ENTRYPOINT), `${script.join('\n')}\n`)
  await chmod(join(root, ENTRYPOINT), 0o755)
}

// A machine that reaches npm through a registry of its own reaches it so from a build, too.
/**
 * @param {string} root
 * @param {AbortSignal} signal
 */
async function keepNpmRegistry(root, signal) {
  const registry = await run('npm', ['config', 'get', 'registry'], { signal })
  await mkdir(join(root, 'usr/local/etc'), { recursive: true })
  await writeFile(join(root, 'usr/local/etc/npmrc'), `registry=${registry.trim()}\n`)
}

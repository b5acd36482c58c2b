import { chmod, cp, mkdir, mkdtemp, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../setup/command.mjs'
import { debianRoot } from './debian-root.mjs'

const ENTRYPOINT = '/usr/local/bin/docker-entrypoint.sh'

/**
 * What is in node:24-bookworm-slim, made from Debian's packages and the npm registry: Node 24 and npm in /usr/local,
 * the user node (1000), the entrypoint; no git, no python3, no compiler, no certificates but those of this machine.
 * Left out: yarn and corepack.
 * @type {import('./stand-in.mjs').StandIn}
 */
export const node24 = {
  async fill(root, { scratch, signal }) {
    await debianRoot(root, { include: ['libatomic1'], signal })
    const version = await installNode(root, scratch, signal)
    await addUser(root, signal)
    await writeEntrypoint(root)
    await keepNpmRegistry(root, signal)
    return [
      `ENV NODE_VERSION=${version}`,
      'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt',
      'ENTRYPOINT ["docker-entrypoint.sh"]',
      'CMD ["node"]',
    ]
  },
}

/**
 * @param {string} root
 * @param {string} scratch
 * @param {AbortSignal} signal
 * @returns {Promise<string>} the version of Node
 */
async function installNode(root, scratch, signal) {
  const local = join(root, 'usr/local')
  const node = await unpack(`node-linux-${process.arch}@24`, scratch, signal)
  const npm = await unpack('npm@11', scratch, signal)
  await cp(join(node, 'bin/node'), join(local, 'bin/node'))
  await chmod(join(local, 'bin/node'), 0o755)
  await cp(join(node, 'include/node'), join(local, 'include/node'), { recursive: true })
  await cp(npm, join(local, 'lib/node_modules/npm'), { recursive: true })
  await symlink('node', join(local, 'bin/nodejs'))
  for (const name of ['npm', 'npx']) {
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(local, 'bin', name))
  }
  return (await run(join(local, 'bin/node'), ['--version'], { signal })).trim().slice(1)
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

/**
 * @param {string} root
 * @param {AbortSignal} signal
 */
async function addUser(root, signal) {
  await run('chroot', [root, 'groupadd', '--gid', '1000', 'node'], { signal })
  const user = ['--uid', '1000', '--gid', 'node', '--shell', '/bin/bash', '--create-home', 'node']
  await run('chroot', [root, 'useradd', ...user], { signal })
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

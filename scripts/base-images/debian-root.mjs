import { existsSync } from 'node:fs'
import { appendFile, cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../setup/command.mjs'

/** Where Debian's programs look for certificate authorities. */
export const CA_BUNDLE = '/etc/ssl/certs/ca-certificates.crt'

const LOCAL_CAS = '/usr/local/share/ca-certificates'

/**
 * A minimal Debian 12 in `root`, like the image debian:bookworm-slim, with the certificate authorities of this machine
 * and one more. Beyond that image it has libatomic1, which Node needs.
 * @param {string} root an empty directory, mode 0755
 * @param {{ authority: string, signal: AbortSignal }} options a certificate as PEM
 */
export async function debianRoot(root, { authority, signal }) {
  await run('debootstrap', ['--variant=minbase', '--include=libatomic1', 'bookworm', root], { signal })
  await trustWhatThisMachineTrusts(root)
  await trust(root, authority)
  await useDebianSources(root)
  await installAsImagesDo(root)
  await dropWhatSlimImagesDrop(root)
}

// Behind a proxy that signs with its own authority nothing in a container could reach a registry otherwise. The single
// certificates go along so that `update-ca-certificates` in a Dockerfile keeps them.
/** @param {string} root */
async function trustWhatThisMachineTrusts(root) {
  for (const path of [CA_BUNDLE, LOCAL_CAS]) {
    if (existsSync(path)) await cp(path, join(root, path), { recursive: true, dereference: true })
  }
}

/**
 * @param {string} root
 * @param {string} authority
 */
async function trust(root, authority) {
  for (const path of [LOCAL_CAS, '/etc/ssl/certs']) await mkdir(join(root, path), { recursive: true })
  await writeFile(join(root, LOCAL_CAS, 'tbs-offline-telegram.crt'), authority)
  await appendFile(join(root, CA_BUNDLE), `\n${authority}`)
}

/** @param {string} root */
async function useDebianSources(root) {
  const entry = (/** @type {string} */ uri, /** @type {string} */ suites) =>
    `Types: deb\nURIs: ${uri}\nSuites: ${suites}\nComponents: main\n` +
    'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n'
  const sources = [
    entry('http://deb.debian.org/debian', 'bookworm bookworm-updates'),
    entry('http://deb.debian.org/debian-security', 'bookworm-security'),
  ]
  await rm(join(root, 'etc/apt/sources.list'), { force: true })
  await writeFile(join(root, 'etc/apt/sources.list.d/debian.sources'), sources.join('\n'))
}

// As in Debian's own images: nothing that a layer has no use for, and no fsync after each file.
/** @param {string} root */
async function installAsImagesDo(root) {
  const excluded = ['doc', 'man', 'locale', 'info', 'lintian'].map((name) => `path-exclude /usr/share/${name}/*`)
  await writeFile(join(root, 'etc/dpkg/dpkg.cfg.d/docker'), ['force-unsafe-io', ...excluded, ''].join('\n'))
  const clean = 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };\n'
  await writeFile(join(root, 'etc/apt/apt.conf.d/docker-clean'), clean)
}

/** @param {string} root */
async function dropWhatSlimImagesDrop(root) {
  const emptied = [
    'var/lib/apt/lists',
    'var/cache/apt',
    'usr/share/doc',
    'usr/share/man',
    'usr/share/locale',
    'var/log',
  ]
  for (const path of emptied) {
    await rm(join(root, path), { recursive: true, force: true })
    await mkdir(join(root, path), { recursive: true })
  }
  // Of the machine, and written anew by Docker in each container.
  for (const path of ['etc/resolv.conf', 'etc/hostname']) await rm(join(root, path), { force: true })
}

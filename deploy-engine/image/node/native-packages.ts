import type { SourceTree } from '../source-tree.ts'
import { dependency, type PackageJson } from './package-json.ts'

/** Debian packages: those that installing takes, and those that the running program takes as well. */
export type DebianPackages = { build: string[]; run: string[]; evidence: string[] }

/** What the slim base image lacks for a repository's packages. */
export const debianPackages = (tree: SourceTree, manifest: PackageJson): DebianPackages => {
  const native = nativePackages(tree, manifest)
  const git = gitDependency(manifest)
  const has = (name: string) => dependency(manifest, name) !== undefined
  const run = [...(has('canvas') ? CANVAS.run : []), ...(has('@prisma/client') || has('prisma') ? ['openssl'] : [])]
  const compiler = native.length === 0 ? [] : ['python3', 'make', 'g++']
  return {
    build: [...compiler, ...(has('canvas') ? CANVAS.build : []), ...(git ? ['git', 'ca-certificates'] : []), ...run],
    run,
    evidence: [
      ...(native.length === 0 ? [] : [`compiler while packages are installed: ${native.slice(0, 5).join(', ')}`]),
      ...(git === undefined ? [] : [`git while packages are installed: ${git} comes from a repository`]),
      ...(run.length === 0 ? [] : [`Debian packages in the image: ${run.join(', ')}`]),
    ],
  }
}

const CANVAS = {
  build: ['libcairo2-dev', 'libpango1.0-dev', 'libjpeg-dev', 'libgif-dev', 'librsvg2-dev', 'pkg-config'],
  run: ['libcairo2', 'libpango-1.0-0', 'libpangocairo-1.0-0', 'libjpeg62-turbo', 'libgif7', 'librsvg2-2'],
}

/** Packages that are compiled wherever no binary for this platform and this Node can be fetched. */
const NATIVE = [
  ...['sqlite3', 'better-sqlite3', 'better-sqlite3-multiple-ciphers', '@journeyapps/sqlcipher', 'bcrypt', 'canvas'],
  ...['argon2', 'farmhash', 'iconv', 're2', 'node-sass', 'ffi-napi', 'ref-napi', 'deasync', 'microtime', 'usb'],
  ...['@discordjs/opus', 'node-opus', 'opusscript', 'sodium', 'zeromq', 'serialport', 'robotjs', 'kerberos'],
  ...['isolated-vm', 'node-rdkafka', 'nodegit', 'pg-native', 'libpq', 'node-expat', 'libxmljs', 'libxmljs2', 'mmmagic'],
  ...['leveldown', 'rocksdb', 'snappy', 'secp256k1', 'keccak', 'sharp', 'node-libcurl', 'unix-dgram', 'wrtc', 'time'],
  ...['tdl', 'node-gyp', 'node-pty', 'couchbase', 'ibm_db', 'odbc', 'memwatch-next', 'heapdump', 'v8-profiler-next'],
]

/** Newer ones bring binaries for Linux along: sharp since 0.33, bcrypt since 6. */
const BRINGS_BINARIES = new Map([
  ['sharp', /^[\^~>=]*\s*0\.(3[3-9]|[4-9]\d)/],
  ['bcrypt', /^[\^~>=]*\s*([6-9]|\d\d)/],
])

/** Listed by the repository itself, or in a lockfile and so needed by what it lists. */
const nativePackages = (tree: SourceTree, manifest: PackageJson): string[] => [
  ...(tree.files.includes('binding.gyp') ? ['binding.gyp'] : []),
  ...NATIVE.flatMap((name) => {
    const range = dependency(manifest, name)
    if (range !== undefined) return BRINGS_BINARIES.get(name)?.test(range) ? [] : [name]
    const lock = LOCKS.find((file) => locks(tree.text.get(file), name))
    return lock === undefined || BRINGS_BINARIES.has(name) ? [] : [`${name} (${lock})`]
  }),
]

const LOCKS = ['package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock']

/** As each of them writes the name of a package that is installed. */
const locks = (text: string | undefined, name: string): boolean =>
  text !== undefined &&
  [
    `"node_modules/${name}": {`,
    `"${name}": [`,
    `\n${name}@`,
    `\n"${name}@`,
    `\n  /${name}/`,
    `\n  /${name}@`,
    `\n  ${name}@`,
  ].some((written) => text.includes(written))

const gitDependency = (manifest: PackageJson): string | undefined =>
  Object.entries({ ...manifest.devDependencies, ...manifest.dependencies }).find(([, range]) =>
    GIT_RANGES.some((pattern) => pattern.test(range)),
  )?.[0]

const GIT_RANGES = [
  /^(git(\+\w+)?:|git@|github:|gitlab:|bitbucket:)/,
  /^https?:\/\/(github|gitlab)\.com\/[^/]+\/[^/]+(\.git)?(#|$)/,
  /^[\w-]+\/[\w.-]+(#|$)/,
]

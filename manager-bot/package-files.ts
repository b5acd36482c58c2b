import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { managerImages, TbsError } from '../deploy-engine/index.ts'
import { packageRoot } from './own-version.ts'

export type Package = {
  version: string
  /** Of its content: the same package twice has the same. */
  hash: string
  /** tar.gz, as `docker build -` takes it. */
  archive: Buffer
  read(path: string): Promise<string>
}

/** What the image that is made of it is called, and known by. */
export const managerImage = (instance: string, { version, hash }: Package) => ({
  tag: `${managerImages(instance)}:${version}`,
  dockerfile: 'docker/Dockerfile',
  labels: { 'tbs.instance': instance, 'tbs.role': 'manager', [PACKAGE_LABEL]: hash, 'tbs.version': version },
})

export const PACKAGE_LABEL = 'tbs.package'

// What package.json names as published is what the image is made of; npm adds these two to it.
const ALWAYS = ['package.json', 'LICENSE']

/** This very package, to build the manager's image from. Fails with `not_bundled` in a clone that has no bundle. */
export const ownPackage = async (root = packageRoot()): Promise<Package> => {
  if (!existsSync(join(root, 'dist/cli.mjs'))) {
    throw new TbsError('not_bundled', 'This is a clone, and there is no bundle in it to send', {
      hint: 'Make one: npm run bundle',
    })
  }
  const { version, files } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const paths = (await Promise.all([...ALWAYS, ...files].map((name: string) => below(root, name)))).flat().sort()
  const content = await archived(root, paths)
  return {
    version,
    hash: createHash('sha256').update(content).digest('hex').slice(0, 16),
    archive: gzipSync(content),
    read: (path) => readFile(join(root, path), 'utf8'),
  }
}

const below = async (root: string, name: string): Promise<string[]> => {
  if ((await stat(join(root, name))).isFile()) return [name]
  const entries = await readdir(join(root, name), { recursive: true, withFileTypes: true })
  const own = entries.filter(
    (entry) => entry.isFile() && !/(^|\/)node_modules(\/|$)/.test(entry.parentPath.slice(root.length)),
  )
  return own.map(({ parentPath, name }) =>
    join(parentPath, name)
      .slice(root.length + 1)
      .replaceAll('\\', '/'),
  )
}

// Without owners and times: those of the machine that it comes from say nothing.
const archived = async (root: string, paths: string[]): Promise<Buffer> => {
  const tar = pack()
  const content = buffer(tar)
  for (const path of paths) {
    const mode = path.startsWith('bin/') || path.endsWith('.sh') ? 0o755 : 0o644
    tar.entry({ name: path, mode, mtime: new Date(0) }, await readFile(join(root, path)))
  }
  tar.finalize()
  return content
}

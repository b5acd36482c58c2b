import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export type OtherVersion = { version: string; launcher: string; tarball: string }

/** The packed package under another version, with its bundle changed: unpacked beside it, and packed again. */
export const otherVersion = async (
  tarball: string,
  version: string,
  change: (code: string) => string = (code) => code,
): Promise<OtherVersion> => {
  const directory = await mkdtemp(join(dirname(tarball), `${version}-`))
  const root = join(directory, 'package')
  await mkdir(root)
  await run('tar', ['-xzf', tarball, '-C', directory])
  const manifest = join(root, 'package.json')
  await writeFile(manifest, JSON.stringify({ ...JSON.parse(await readFile(manifest, 'utf8')), version }))
  for (const name of (await readdir(join(root, 'dist'))).filter((file) => file.endsWith('.mjs'))) {
    const path = join(root, 'dist', name)
    await writeFile(path, change(await readFile(path, 'utf8')))
  }
  const launcher = join(root, 'bin/tbs-manager.mjs')
  await chmod(launcher, 0o755)
  const packed = join(directory, `tbs-manager-${version}.tgz`)
  await run('tar', ['-czf', packed, '-C', directory, 'package'])
  return { version, launcher, tarball: packed }
}

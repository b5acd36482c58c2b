import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const ROOT = dirname(import.meta.dirname)
const SHIPPED = ['bin', 'dist', 'package.json']

/** The program as a server has it: bundled, without its sources and what compiles them. */
export const bundled = async (): Promise<{ launcher: string; remove(): Promise<void> }> => {
  await promisify(execFile)(process.execPath, [join(ROOT, 'scripts', 'bundle.mjs')])
  const directory = await mkdtemp(join(tmpdir(), 'tbs-bundled-'))
  for (const name of SHIPPED) await cp(join(ROOT, name), join(directory, name), { recursive: true })
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'))
  return {
    launcher: join(directory, 'bin', 'tbs-manager.mjs'),
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

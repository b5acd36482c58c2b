import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SHIPPED = ['bin', 'package.json']

/** The program as a server has it: bundled, without its sources and what compiles them. */
export type Bundled = { launcher: string; renew(): Promise<void>; remove(): Promise<void> }

/** Of the sources as they are now, in a directory of its own. */
export const bundled = async (): Promise<Bundled> => {
  const directory = await mkdtemp(join(tmpdir(), 'tbs-bundled-'))
  const renew = async () => {
    await promisify(execFile)(process.execPath, [join(ROOT, 'scripts', 'bundle.mjs'), join(directory, 'dist')])
  }
  await renew()
  for (const name of SHIPPED) await cp(join(ROOT, name), join(directory, name), { recursive: true })
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'))
  return {
    launcher: join(directory, 'bin', 'tbs-manager.mjs'),
    renew,
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

import { execFile } from 'node:child_process'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

export type Packed = { tarball: string; install: string; env: NodeJS.ProcessEnv }

/** The packed tarball, installed in an empty directory below the given one, as npx does it. */
export const packed = async (directory: string): Promise<Packed> => {
  const install = join(directory, 'install')
  const env = cleanEnvironment(directory)
  await mkdir(install, { recursive: true })
  await run('npm', ['pack', '--pack-destination', directory], { cwd: ROOT, env })
  const tarball = join(directory, (await readdir(directory)).find((file) => file.endsWith('.tgz')) ?? '')
  // Without sqlite3, which compiles for minutes where it has no binary: the installer has to do without it anyway.
  await run('npm', ['install', '--omit=optional', '--no-audit', '--no-fund', tarball], { cwd: install, env })
  return { tarball, install, env }
}

// A home of its own, and nothing of the npm that runs this test, nor of an agent.
const cleanEnvironment = (directory: string): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^SSH_|^TBS_/i.test(name))),
  HOME: directory,
})

import { spawn } from 'node:child_process'
import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask, run } from '../setup/command.mjs'

/** The label by which a stand-in is told from the real image. */
export const STAND_IN_LABEL = 'tbs.offline-base'

/**
 * How the stand-in of one public image is made.
 * @typedef {object} StandIn
 * @property {(root: string, context: { scratch: string, signal: AbortSignal }) => Promise<string[]>} fill
 *   fills the empty directory `root`, and gives the image's settings as Dockerfile instructions
 */

/**
 * Makes a stand-in without any image registry and imports it under the public name, labelled as what it is.
 * Needs root and debootstrap.
 * @param {StandIn} standIn
 * @param {{ image: string, engine: import('../setup/engine-api.mjs').EngineApi, signal: AbortSignal }} context
 */
export async function makeStandIn(standIn, { image, engine, signal }) {
  // Whatever root's own umask is: the users inside the image have to read these files.
  process.umask(0o022)
  await withScratch(async (scratch) => {
    // Not the scratch directory itself, which only its owner may enter: this one becomes the image's root.
    const root = join(scratch, 'root')
    await mkdir(root)
    const changes = await standIn.fill(root, { scratch, signal })
    const labelled = [...changes, `LABEL ${STAND_IN_LABEL}=1`]
    await withTar(root, (archive) => engine.importImage(archive, { image, changes: labelled, signal }))
  })
}

/**
 * @param {string} root
 * @param {(archive: import('node:stream').Readable) => Promise<void>} use
 */
async function withTar(root, use) {
  const without = ['dev', 'proc', 'sys'].map((path) => `--exclude=./${path}/*`)
  const tar = spawn('tar', ['-C', root, '--numeric-owner', ...without, '-c', '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve, reject) => tar.once('error', reject).once('close', resolve))
  try {
    await Promise.all([use(tar.stdout), ended])
  } finally {
    tar.kill()
  }
  if (tar.exitCode !== 0) throw new Error(`tar of ${root} ended with ${tar.signalCode ?? tar.exitCode}`)
}

/** @param {(directory: string) => Promise<void>} work */
async function withScratch(work) {
  const scratch = await mkdtemp(join(tmpdir(), 'tbs-base-image-'))
  try {
    await work(scratch)
  } finally {
    // An interrupted debootstrap leaves these mounted in the new root.
    for (const path of ['proc', 'sys']) await ask('umount', [join(scratch, 'root', path)])
    await run('rm', ['-rf', '--one-file-system', scratch])
  }
}

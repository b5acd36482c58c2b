import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask, run } from '../setup/command.mjs'
import { together } from '../setup/together.mjs'
import { debianRoot } from './debian-root.mjs'
import { keptAuthority, newTelegramCertificate } from './telegram-certificate.mjs'

/** The label by which a stand-in is told from the real image. Its value is the edition of the recipes. */
const STAND_IN_LABEL = 'tbs.offline-base'
const EDITION = '2'
const AUTHORITY_LABEL = 'tbs.offline-authority'

/** What all stand-ins are made from; no public image has this name. */
export const ROOT = 'tbs-offline-base:bookworm'

/** @typedef {import('../setup/engine-api.mjs').EngineApi} EngineApi */
/** @typedef {import('node:stream').Readable} Readable */
/** @typedef {Record<string, string> | null | undefined} Labels of an image */

/**
 * How a stand-in is built.
 * @typedef {object} Recipe
 * @property {Recipe} [from] default: the Debian root
 * @property {Record<string, Recipe>} [stages] others to copy from, by the name of the stage
 * @property {(places: { context: string, scratch: string, signal: AbortSignal }) => Promise<string[]> | string[]} write
 *   puts what is needed into the build's context and gives the instructions after FROM
 */

/**
 * @param {Labels} labels
 * @param {string | undefined} authority the one that tests need it to trust, if any
 * @returns {'real' | 'stand-in' | 'outdated'}
 */
export function kindOf(labels, authority) {
  const edition = labels?.[STAND_IN_LABEL]
  if (edition === undefined) return 'real'
  const trusted = authority === undefined || labels?.[AUTHORITY_LABEL] === authority
  return edition === EDITION && trusted ? 'stand-in' : 'outdated'
}

/**
 * Makes stand-ins without any image registry; when all are there, they take the public names, labelled as what they
 * are. Needs root, debootstrap and openssl.
 * @param {{ image: string, recipe: Recipe }[]} images
 * @param {object} context
 * @param {Map<Recipe, string>} context.standing ids of stand-ins that are there
 * @param {EngineApi} context.engine
 * @param {AbortSignal} context.signal
 */
export async function makeStandIns(images, { standing, engine, signal }) {
  // Whatever root's own umask is: the users inside the image have to read these files.
  process.umask(0o022)
  /** @type {Map<Recipe, Promise<string>>} */
  const ids = new Map([...standing].map(([recipe, id]) => [recipe, Promise.resolve(id)]))
  /** @type {Promise<Root> | undefined} */
  let root
  const works = images.map(({ recipe }) => async (/** @type {AbortSignal} */ signal) => {
    root ??= debian(engine, signal)
    await build(recipe, { engine, root, ids, signal })
  })
  await together(signal, works)
  for (const { image, recipe } of images) await engine.tagImage((await ids.get(recipe)) ?? ROOT, { image, signal })
}

/** @typedef {{ id: string, labels: Record<string, string> }} Root */
/**
 * @typedef {{ engine: EngineApi, root: Promise<Root>, ids: Map<Recipe, Promise<string>>, signal: AbortSignal }} Works
 */

/**
 * Each recipe is carried out once, however many images are made from it.
 * @param {Recipe} recipe
 * @param {Works} works
 * @returns {Promise<string>} the image's id
 */
function build(recipe, works) {
  const id = works.ids.get(recipe) ?? carryOut(recipe, works)
  works.ids.set(recipe, id)
  return id
}

/**
 * @param {Recipe} recipe
 * @param {Works} works
 */
const carryOut = (recipe, works) =>
  withScratch(async (scratch) => {
    const { engine, root, signal } = works
    const context = join(scratch, 'context')
    await mkdir(context)
    // At the same time: what is downloaded does not wait for the images below.
    const instructions = Promise.resolve(recipe.write({ context, scratch, signal }))
    const from = recipe.from ? build(recipe.from, works) : root.then(({ id }) => id)
    const others = Object.entries(recipe.stages ?? {})
    const stages = Promise.all(others.map(async ([name, stage]) => `FROM ${await build(stage, works)} AS ${name}`))
    await Promise.allSettled([instructions, from, stages])
    const lines = [...(await stages), `FROM ${await from}`, ...(await instructions), '']
    await writeFile(join(context, 'Dockerfile'), lines.join('\n'))
    const { labels } = await root
    return withTar(context, { use: (archive) => engine.buildImage(archive, { labels, signal }) })
  })

/**
 * @param {EngineApi} engine
 * @param {AbortSignal} signal
 * @returns {Promise<Root>} the one that is there, if it is of this edition and trusts what this machine keeps
 */
async function debian(engine, signal) {
  const authority = await keptAuthority()
  const details = await engine.image(ROOT, signal)
  const usable = authority !== undefined && kindOf(details?.Config.Labels, authority) === 'stand-in'
  if (details && usable) return { id: details.Id, labels: labelsFor(authority) }
  return withScratch(async (scratch) => {
    const certificate = await newTelegramCertificate(scratch, signal)
    // Not the scratch directory itself, which only its owner may enter: this one becomes the image's root.
    const root = join(scratch, 'root')
    await mkdir(root)
    await debianRoot(root, { authority: certificate.authority, signal })
    const labels = labelsFor(certificate.fingerprint)
    const changes = ['CMD ["bash"]', ...Object.entries(labels).map(([name, value]) => `LABEL ${name}=${value}`)]
    const without = ['dev', 'proc', 'sys'].map((path) => `./${path}/*`)
    const use = (/** @type {Readable} */ archive) => engine.importImage(archive, { image: ROOT, changes, signal })
    await withTar(root, { without, use })
    return { id: (await engine.image(ROOT, signal))?.Id ?? ROOT, labels }
  })
}

/** @param {string} authority */
const labelsFor = (authority) => ({ [STAND_IN_LABEL]: EDITION, [AUTHORITY_LABEL]: authority })

/**
 * @template T
 * @param {string} directory
 * @param {{ without?: string[], use: (archive: Readable) => Promise<T> }} options
 * @returns {Promise<T>}
 */
async function withTar(directory, { without = [], use }) {
  const excluded = without.map((pattern) => `--exclude=${pattern}`)
  const tar = spawn('tar', ['-C', directory, '--numeric-owner', ...excluded, '-c', '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve, reject) => tar.once('error', reject).once('close', resolve))
  try {
    const [result] = await Promise.all([use(tar.stdout), ended])
    if (tar.exitCode !== 0) throw new Error(`tar of ${directory} ended with ${tar.signalCode ?? tar.exitCode}`)
    return result
  } finally {
    tar.kill()
  }
}

/**
 * @template T
 * @param {(directory: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
async function withScratch(work) {
  const scratch = await mkdtemp(join(tmpdir(), 'tbs-base-image-'))
  try {
    return await work(scratch)
  } finally {
    // An interrupted debootstrap leaves these mounted in the new root.
    for (const path of ['proc', 'sys']) await ask('umount', [join(scratch, 'root', path)])
    await run('rm', ['-rf', '--one-file-system', scratch])
  }
}

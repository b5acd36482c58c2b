const NEEDED_NODE = [20, 19]

/**
 * What a look at the machine found.
 * @typedef {object} Findings
 * @property {string} node version
 * @property {{ name: string, debianPackage: string, version: string | undefined }[]} programs
 * @property {string | undefined} staleModules why node_modules has to be installed anew
 * @property {import('./docker-engine.mjs').EngineState} docker
 * @property {string[]} missingImages
 * @property {{ image: string, id: string }[]} standIns
 */

/**
 * @param {string} version of the running Node
 * @returns {string | undefined} what to say when it is too old
 */
export function tooOld(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [neededMajor = 0, neededMinor = 0] = NEEDED_NODE
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return undefined
  return `Node ${version} is too old: ${NEEDED_NODE.join('.')} or newer is needed. See https://nodejs.org/en/download`
}

/**
 * @param {Findings} found
 * @returns {string[]} what is missing or wrong, in the order in which it is put right
 */
export function problems({ programs, staleModules, docker, missingImages }) {
  return [
    ...programs.filter(({ version }) => !version).map(({ name }) => `${name} is missing`),
    ...(staleModules ? [`node_modules: ${staleModules}`] : []),
    ...('absent' in docker ? [`Docker is not running (${docker.absent})`] : []),
    ...('unusable' in docker ? [docker.unusable] : []),
    ...missingImages.map((image) => `image ${image} is missing`),
  ]
}

/**
 * @param {Findings} found
 * @param {string} elapsed
 * @returns {string} one line for a machine that is ready
 */
export function summary({ node, programs, docker, standIns }, elapsed) {
  const version = (/** @type {string} */ name) => programs.find((program) => program.name === name)?.version
  const chromium = version('chromium')
  const parts = [
    `node ${node}`,
    `docker ${'version' in docker ? docker.version : 'absent'}`,
    `redis ${version('redis-server')}`,
    ...(chromium ? [`chromium ${chromium}`] : []),
    `images ok${inTheirPlace(standIns.map(({ image }) => image))}`,
  ]
  return `${parts.join(', ')} (${elapsed})`
}

/** @param {string[]} images */
const inTheirPlace = ([first, ...others]) => {
  if (!first) return ''
  return others.length > 0
    ? `; OFFLINE STAND-INS, not the real images: ${first} and ${others.length} more`
    : `; ${first} is an OFFLINE STAND-IN, not the real image`
}

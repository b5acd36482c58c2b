import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { SetupError } from './setup-error.mjs'

/** @typedef {ReturnType<typeof engineApi>} EngineApi */

/**
 * The part that tells where the Engine pulls from.
 * @typedef {object} Info
 * @property {string} IndexServerAddress
 * @property {string} [HttpsProxy]
 * @property {{ Mirrors?: string[] | null }} [RegistryConfig]
 */

/** The oldest Docker Engine API that the product speaks. */
export const API_VERSION = '1.41'

/**
 * The few calls of Docker's API that setup needs, where DOCKER_HOST says (default: the local socket). It is asked
 * directly and not through the docker command, because the product asks the same way.
 * @param {Record<string, string | undefined>} env
 */
export function engineApi(env) {
  const target = connection(env)
  return {
    /** @returns {Promise<{ Version: string, ApiVersion: string }>} */
    version: (/** @type {AbortSignal} */ signal) => json(target, { path: '/version', signal }),

    /** @returns {Promise<Info>} */
    info: (/** @type {AbortSignal} */ signal) => json(target, { path: '/info', signal }),

    /**
     * @param {string} name
     * @param {AbortSignal} signal
     * @returns {Promise<{ Id: string, Config: { Labels: Record<string, string> | null } } | undefined>}
     */
    async image(name, signal) {
      return json(target, { path: `/v${API_VERSION}/images/${name}/json`, signal }).catch((error) => {
        if (error.status === 404) return undefined
        throw error
      })
    },

    /**
     * @param {string} name
     * @param {{ signal: AbortSignal, onProgress: () => void }} options
     */
    async pull(name, { signal, onProgress }) {
      const path = `/v${API_VERSION}/images/create?${new URLSearchParams(reference(name, 'fromImage'))}`
      await follow(await request(target, { method: 'POST', path, signal }), onProgress)
    },

    /**
     * @param {import('node:stream').Readable} archive a tar of the root directory
     * @param {{ image: string, changes: string[], signal: AbortSignal }} options
     */
    async importImage(archive, { image, changes, signal }) {
      const query = new URLSearchParams({ fromSrc: '-', ...reference(image, 'repo') })
      for (const change of changes) query.append('changes', change)
      const path = `/v${API_VERSION}/images/create?${query}`
      await follow(await request(target, { method: 'POST', path, signal, body: archive }), () => {})
    },

    /**
     * @param {import('node:stream').Readable} archive a tar with a Dockerfile
     * @param {{ labels: Record<string, string>, signal: AbortSignal }} options
     * @returns {Promise<string>} the new image's id
     */
    async buildImage(archive, { labels, signal }) {
      // Without the cache, which would bring back what an earlier build found in the registries.
      const query = new URLSearchParams({ nocache: '1', forcerm: '1', labels: JSON.stringify(labels) })
      const path = `/v${API_VERSION}/build?${query}`
      return builtImage(await request(target, { method: 'POST', path, signal, body: archive }))
    },

    /**
     * Moves a name to an image, in one step.
     * @param {string} id
     * @param {{ image: string, signal: AbortSignal }} options
     */
    async tagImage(id, { image, signal }) {
      const path = `/v${API_VERSION}/images/${id}/tag?${new URLSearchParams(reference(image, 'repo'))}`
      await text(await request(target, { method: 'POST', path, signal }))
    },

    /**
     * @param {string} id or name
     * @param {AbortSignal} signal
     */
    async removeImage(id, signal) {
      await json(target, { method: 'DELETE', path: `/v${API_VERSION}/images/${id}`, signal })
    },
  }
}

/**
 * @param {Record<string, string | undefined>} env
 * @returns {{ client: typeof http | typeof https, options: https.RequestOptions }}
 */
function connection(env) {
  const host = env.DOCKER_HOST || 'unix:///var/run/docker.sock'
  if (host.startsWith('unix://')) return { client: http, options: { socketPath: host.slice('unix://'.length) } }
  if (!/^(tcp|https?):\/\//.test(host)) {
    throw new SetupError(`DOCKER_HOST is ${host}: it takes unix:///path, tcp://host:port, http://… or https://…`)
  }
  const { hostname, port, protocol } = new URL(host)
  const secure = protocol === 'https:' || Boolean(env.DOCKER_TLS_VERIFY)
  const options = { hostname, port: port || (secure ? '2376' : '2375') }
  if (!secure) return { client: http, options }
  const file = (/** @type {string} */ name) => readFileSync(join(env.DOCKER_CERT_PATH ?? '', name))
  const keys = env.DOCKER_CERT_PATH ? { ca: file('ca.pem'), cert: file('cert.pem'), key: file('key.pem') } : {}
  return { client: https, options: { ...options, ...keys } }
}

/**
 * @typedef {object} Call
 * @property {string} path
 * @property {string} [method]
 * @property {AbortSignal} signal
 * @property {import('node:stream').Readable} [body]
 */

/**
 * @param {ReturnType<typeof connection>} target
 * @param {Call} call
 * @returns {Promise<http.IncomingMessage>} the answer; an error status is thrown with what the Engine says about it
 */
async function request({ client, options }, { path, method = 'GET', signal, body }) {
  /** @type {http.IncomingMessage} */
  const answer = await new Promise((resolve, reject) => {
    const sent = client.request({ ...options, path, method, signal }, resolve).once('error', reject)
    if (body) body.once('error', (error) => sent.destroy(error)).pipe(sent)
    else sent.end()
  })
  const status = answer.statusCode ?? 0
  if (status < 400) return answer
  const said = await text(answer)
  throw Object.assign(new Error(messageOf(said)), { status })
}

/**
 * @param {ReturnType<typeof connection>} target
 * @param {Call} call
 */
const json = async (target, call) => JSON.parse(await text(await request(target, call)))

/** @param {http.IncomingMessage} answer */
async function text(answer) {
  let all = ''
  for await (const chunk of answer.setEncoding('utf8')) all += chunk
  return all
}

/** @param {string} said */
function messageOf(said) {
  try {
    return JSON.parse(said).message
  } catch {
    // A proxy in between answers in its own words.
    return said.trim()
  }
}

// The Engine answers 200 at once and tells a failure in one of the lines.
/**
 * @param {http.IncomingMessage} answer
 * @param {() => void} onLine
 */
async function follow(answer, onLine) {
  for await (const line of createInterface({ input: answer })) {
    onLine()
    if (!line.trim()) continue
    const { error } = JSON.parse(line)
    if (error) throw new Error(error)
  }
}

/**
 * @param {http.IncomingMessage} answer
 * @returns {Promise<string>} the image's id
 */
async function builtImage(answer) {
  let id = ''
  let printed = ''
  for await (const line of createInterface({ input: answer })) {
    const { error, aux, stream = '' } = line.trim() ? JSON.parse(line) : {}
    if (error) throw new Error(`${error}\n${printed.trim().split('\n').slice(-20).join('\n')}`)
    printed += stream
    id = aux?.ID ?? id
  }
  return id
}

/**
 * @param {string} name
 * @param {'fromImage' | 'repo'} key
 */
function reference(name, key) {
  const [repository = name, tag = 'latest'] = name.split(':')
  return { [key]: repository, tag }
}

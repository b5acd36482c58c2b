import { execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createPlainServer } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { PassThrough, Transform } from 'node:stream'

export type GitHttpServer = {
  origin: string
  port: number
  /** Of the certificate that it shows, for GIT_SSL_CAINFO. */
  certificate: string
  /** What came in, with the Authorization header. */
  requests: { url: string; authorization: string | undefined }[]
  /** Bytes of packs that were sent. */
  sent(): number
  /** user:password that it wants; undefined: anybody may read. */
  wants: string | undefined
  /** Every request is sent there instead. */
  redirect: string | undefined
  /** Bytes per second of answers; 0: as fast as it goes. */
  bytesPerSecond: number
  close(): Promise<void>
}

/** A real smart HTTPS server of git for all repositories below a directory. */
export const gitHttpServer = async (root: string, directory: string): Promise<GitHttpServer> => {
  const certificate = join(directory, 'certificate.pem')
  const key = join(directory, 'certificate.key')
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1'
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const into = ['-nodes', '-keyout', key, '-out', certificate]
  const what = ['-days', '2', '-subj', '/CN=localhost', '-addext', names]
  execFileSync('openssl', ['req', '-x509', ...curve, ...into, ...what], { stdio: 'ignore' })
  let sent = 0
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
    const { url = '/', headers } = request
    state.requests.push({ url, authorization: headers.authorization })
    if (state.redirect) return void response.writeHead(301, { location: `${state.redirect}${url}` }).end()
    const wanted = state.wants && `Basic ${Buffer.from(state.wants).toString('base64')}`
    if (wanted && headers.authorization !== wanted) {
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
    }
    backend(
      root,
      request,
      response,
      throttle(
        () => state.bytesPerSecond,
        (bytes) => {
          sent += bytes
        },
      ),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const state: GitHttpServer = {
    origin: `https://127.0.0.1:${port}`,
    port,
    certificate,
    requests: [],
    sent: () => sent,
    wants: undefined,
    redirect: undefined,
    bytesPerSecond: 0,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return state
}

/** The same without a certificate, at an address of this machine that others reach. */
export const plainGitServer = async (root: string, address: string) => {
  const server = createPlainServer((request, response) => backend(root, request, response, new PassThrough()))
  await new Promise<void>((resolve) => server.listen(0, address, resolve))
  return {
    origin: `http://${address}:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const backend = (root: string, request: IncomingMessage, response: ServerResponse, through: Transform): void => {
  const [path = '', query = ''] = (request.url ?? '').split('?')
  const { headers } = request
  const cgi = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: String(headers['content-encoding'] ?? ''),
      GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  cgi.stdin.on('error', () => {})
  request.pipe(cgi.stdin)
  response.on('close', () => cgi.kill())
  let head = Buffer.alloc(0)
  cgi.stdout.on('data', function readHead(chunk: Buffer) {
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) return
    cgi.stdout.off('data', readHead)
    const fields = head
      .subarray(0, end)
      .toString()
      .split('\r\n')
      .map((line) => line.split(': ') as [string, string])
    const status = fields.find(([name]) => name === 'Status')?.[1]
    response.writeHead(
      Number(status?.slice(0, 3) ?? 200),
      Object.fromEntries(fields.filter(([name]) => name !== 'Status')),
    )
    through.write(head.subarray(end + 4))
    cgi.stdout.pipe(through).pipe(response)
  })
}

const throttle = (rate: () => number, count: (bytes: number) => void): Transform =>
  new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      count(chunk.length)
      const wait = rate() > 0 ? (chunk.length / rate()) * 1000 : 0
      setTimeout(() => done(null, chunk), wait)
    },
  })

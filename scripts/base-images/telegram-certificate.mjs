import { X509Certificate } from 'node:crypto'
import { chmod, chown, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../setup/command.mjs'

const HOST = 'api.telegram.org'
const DAYS = '3650'
const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

// Of the machine, like the stand-ins themselves, and in no checkout.
const KEPT = '/var/lib/tbs-offline-base'
const AUTHORITY = join(KEPT, 'authority.crt')

/** The certificate chain and key of a server that the stand-ins take for Telegram; the key is its maker's alone. */
export const TELEGRAM_TLS = { cert: join(KEPT, 'telegram.crt'), key: join(KEPT, 'telegram.key') }

/**
 * Makes a certificate for api.telegram.org and an authority for it, and keeps the former on this machine. The
 * authority's key is thrown away: nobody can ever sign anything else with it.
 * @param {string} scratch
 * @param {AbortSignal} signal
 * @returns {Promise<{ authority: string, fingerprint: string }>} the authority's certificate, as PEM
 */
export async function newTelegramCertificate(scratch, signal) {
  const openssl = (/** @type {string[]} */ ...args) => run('openssl', args, { cwd: scratch, signal })
  await openssl('req', '-x509', ...EC_KEY, '-days', DAYS, '-subj', '/CN=tbs-manager offline tests', ...AUTHORITY_ONLY)
  await openssl('req', '-new', ...EC_KEY, '-keyout', 'leaf.key', '-out', 'leaf.csr', '-subj', `/CN=${HOST}`)
  await writeFile(join(scratch, 'leaf.ext'), `subjectAltName=DNS:${HOST}\nextendedKeyUsage=serverAuth\n`)
  const signed = ['-CA', 'authority.crt', '-CAkey', 'authority.key', '-CAcreateserial', '-extfile', 'leaf.ext']
  await openssl('x509', '-req', '-in', 'leaf.csr', '-out', 'leaf.crt', '-days', DAYS, '-sha256', ...signed)
  const pem = (/** @type {string} */ name) => readFile(join(scratch, name), 'utf8')
  const authority = await pem('authority.crt')
  await keep({ authority, cert: await pem('leaf.crt'), key: await pem('leaf.key') })
  return { authority, fingerprint: fingerprint(authority) }
}

// Good for this one name, whatever it is trusted by.
const AUTHORITY_ONLY = [
  ...['-keyout', 'authority.key', '-out', 'authority.crt', '-sha256'],
  ...['-addext', `nameConstraints=critical,permitted;DNS:${HOST}`],
]

/** @returns {Promise<string | undefined>} which authority signed what is kept on this machine */
export const keptAuthority = () => readFile(AUTHORITY, 'utf8').then(fingerprint, () => undefined)

/** @param {string} pem */
const fingerprint = (pem) => new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase()

/** @param {{ authority: string, cert: string, key: string }} files */
async function keep({ authority, cert, key }) {
  await mkdir(KEPT, { recursive: true })
  await chmod(KEPT, 0o755)
  await place(TELEGRAM_TLS.key, { text: key, mode: 0o600 })
  await place(TELEGRAM_TLS.cert, { text: cert, mode: 0o644 })
  // Last: it says that the others are there.
  await place(AUTHORITY, { text: authority, mode: 0o644 })
}

/**
 * @param {string} path
 * @param {{ text: string, mode: number }} file
 */
async function place(path, { text, mode }) {
  const { SUDO_UID, SUDO_GID } = process.env
  await writeFile(`${path}.new`, text, { mode })
  await chmod(`${path}.new`, mode)
  // Tests run as the person who typed sudo.
  if (SUDO_UID && SUDO_GID) await chown(`${path}.new`, Number(SUDO_UID), Number(SUDO_GID))
  await rename(`${path}.new`, path)
}

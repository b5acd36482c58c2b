import { createCipheriv, createHmac, randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A Fernet token, as https://github.com/fernet/spec says. */
export const sealFernet = (text: string, key: string): string => {
  const bytes = Buffer.from(key, 'base64url')
  const iv = randomBytes(16)
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000)))
  const cipher = createCipheriv('aes-128-cbc', bytes.subarray(16), iv)
  const signed = Buffer.concat([Buffer.from([0x80]), time, iv, cipher.update(text), cipher.final()])
  const hmac = createHmac('sha256', bytes.subarray(0, 16)).update(signed).digest()
  return withPadding(Buffer.concat([signed, hmac]).toString('base64url'))
}

export const newFernetKey = (): string => withPadding(randomBytes(32).toString('base64url'))

const withPadding = (text: string): string => text.padEnd(Math.ceil(text.length / 4) * 4, '=')

export type StackFiles = {
  name?: string
  token: string
  key?: string
  /** In deploy.yaml, too. */
  keyInside?: boolean
  secrets?: Record<string, string>
  data?: Record<string, string>
}

/** A deployment directory as telegram-bot-stack leaves it: its own files by their names and formats. */
export const stackDirectory = async (directory: string, stack: StackFiles): Promise<string> => {
  const { name = 'old-bot', token, key = newFernetKey(), keyInside = true, secrets = {}, data = {} } = stack
  await mkdir(join(directory, 'data'), { recursive: true })
  await mkdir(join(directory, 'logs'))
  const all = Object.entries({ BOT_TOKEN: token, ...secrets })
  const encrypted = all.map(([name, value]) => `${name}=${sealFernet(value, key)}`)
  const files = {
    'deploy.yaml': deployYaml(name, keyInside ? key : undefined),
    '.env': ENV,
    '.secrets.env.encrypted': `# Encrypted\n\n${encrypted.join('\n')}`,
    '.secrets.env': '',
    'docker-compose.yml': 'services: {}\n',
    'bot.py': 'print("old")\n',
    'bot.db': 'never kept',
    'logs/bot.log': 'old',
    ...Object.fromEntries(Object.entries(data).map(([path, content]) => [`data/${path}`, content])),
  }
  for (const [path, content] of Object.entries(files)) await writeFile(join(directory, path), content)
  return directory
}

const ENV = `# Written by a tool

TZ=Europe/Berlin
LOG_LEVEL=DEBUG
PRODUCTION=true
GREETING="hello \\"you\\"\\nthere"
`

const deployYaml = (name: string, key: string | undefined): string => `vps:
  host: vps.example.com
  user: root
  ssh_key: ''
  port: 22
  auth_method: auto
bot:
  name: ${name}
  token_env: BOT_TOKEN
  entry_point: bot.py
  python_version: '3.11'
deployment:
  method: docker
  auto_restart: true
  log_rotation: true
resources:
  memory_limit: 256M
  memory_reservation: 128M
  cpu_limit: '0.5'
  cpu_reservation: '0.25'
logging:
  level: INFO
  max_size: 5m
  max_files: '5'
environment:
  timezone: Europe/Berlin
  CITY: Bonn
  MAPS_API_KEY: not-for-everybody-1234
${key === undefined ? 'secrets: {}' : `secrets:\n  encryption_key: ${key}`}
backup:
  enabled: true
  retention_days: 7
`

import { Readable } from 'node:stream'
import { NodeSSH } from 'node-ssh'
import type { AnyAuthMethod, AuthHandlerMiddleware } from 'ssh2'
import { messageOf, TbsError } from '../../../deploy-engine/index.ts'
import { fingerprint, type KnownHosts } from './known-hosts.ts'
import { commandLine } from './quote.ts'
import { lines, type Ran, type RunOptions, type Streams, type Target } from './target.ts'

export type Server = { user: string; host: string; port: number }

export type SshOptions = {
  known: KnownHosts
  /** Whether the key of a server that was never seen is the right one. */
  accept(fingerprint: string): Promise<boolean>
  methods: AnyAuthMethod[]
  signal: AbortSignal
}

const CONNECT_MS = 20_000
const ALIVE_MS = 15_000

export type Session = { target: Target; letInBy: AnyAuthMethod['type'] | undefined }

/** Fails with `host_key_changed`, `host_key_refused`, `ssh_refused` or `ssh_unreachable`. */
export const connectBySsh = async (server: Server, options: SshOptions): Promise<Session> => {
  const { user, host, port } = server
  const name = `${user}@${host}${port === 22 ? '' : `:${port}`}`
  const ssh = new NodeSSH()
  const checked = await checkedKey(server, options)
  const offered = inOrder(options.methods)
  await ssh
    .connect({
      host,
      port,
      username: user,
      readyTimeout: CONNECT_MS,
      keepaliveInterval: ALIVE_MS,
      hostVerifier: checked.verify,
      authHandler: offered.next,
    })
    .catch((error) => {
      throw checked.refusal() ?? refused(name, error)
    })
  // One listener for all that will run, and no failure if nothing runs.
  const lost = new Promise<never>((_, reject) => {
    ssh.connection?.once('close', () => reject(new TbsError('connection_lost', `The connection to ${name} is lost`)))
  })
  lost.catch(() => undefined)
  const end = () => ssh.dispose()
  options.signal.addEventListener('abort', end, { once: true })
  const target: Target = {
    name,
    run: (argv, how = {}) => run(ssh, { lost, argv, how, signal: options.signal }),
    attach: (argv, streams) => Promise.race([lost, attach(ssh, argv, streams)]),
    close: end,
  }
  return { target, letInBy: offered.last() }
}

const inOrder = (methods: AnyAuthMethod[]): { next: AuthHandlerMiddleware; last(): Session['letInBy'] } => {
  let count = 0
  return {
    // Its types leave out the false that ends it.
    next: (_left, _partly, offer) => offer((methods[count++] ?? false) as AnyAuthMethod),
    last: () => methods[count - 1]?.type,
  }
}

/** The key is looked at before anything else is said, and one that was seen before may not change. */
const checkedKey = async ({ host, port }: Server, { known, accept }: SshOptions) => {
  const pinned = await known.fingerprintOf(host, port)
  let refusal: TbsError | undefined
  const decide = async (key: Buffer): Promise<boolean> => {
    const shown = fingerprint(key)
    if (pinned !== undefined && pinned !== shown) refusal = changed({ host, shown, pinned, file: known.file })
    else if (pinned === undefined && !(await accept(shown))) refusal = notAccepted(host, shown)
    else if (pinned === undefined) await known.add(host, port, shown)
    return refusal === undefined
  }
  const verify = (key: Buffer, done: (valid: boolean) => void): void => {
    decide(key).then(done, (error) => {
      refusal = new TbsError('host_key_refused', `The key of ${host} could not be checked: ${messageOf(error)}`)
      done(false)
    })
  }
  return { verify, refusal: () => refusal }
}

const changed = ({ host, shown, pinned, file }: Record<'host' | 'shown' | 'pinned' | 'file', string>): TbsError =>
  new TbsError('host_key_changed', `${host} shows another host key than before: ${shown}, not ${pinned}`, {
    hint:
      'Somebody may be between you and the server. Nothing was sent. If the server was set up anew, compare the ' +
      `fingerprint at your provider, take the line of ${host} out of ${file}, and run the same command again`,
  })

const notAccepted = (host: string, shown: string): TbsError =>
  new TbsError('host_key_refused', `The host key of ${host} was not accepted: ${shown}`, {
    hint: 'Nothing was sent. Compare it with what your provider shows; give it by --fingerprint, or say yes when asked',
  })

const refused = (name: string, error: unknown): TbsError => {
  const message = messageOf(error)
  const hint = 'Try it with: ssh '
  if (/authentication methods failed/i.test(message)) {
    return new TbsError('ssh_refused', `${name} lets nobody in with the keys and passwords that were tried`, {
      hint: `Give --key <file>, or the password when asked or in TBS_SSH_PASSWORD. ${hint}${name}`,
      cause: error,
    })
  }
  return new TbsError('ssh_unreachable', `${name} can't be reached by SSH: ${message}`, {
    hint: `Is the address right, and sshd running there? ${hint}${name}`,
    cause: error,
  })
}

type Running = { lost: Promise<never>; argv: readonly string[]; how: RunOptions; signal: AbortSignal }

const run = async (ssh: NodeSSH, { lost, argv, how, signal }: Running): Promise<Ran> => {
  signal.throwIfAborted()
  const { stdin = '', onLine = () => {} } = how
  const hear = lines(onLine)
  const { code, stdout, stderr } = await Promise.race([
    lost,
    ssh.execCommand(commandLine(argv), {
      stdin: typeof stdin === 'string' ? Readable.from([stdin]) : stdin,
      noTrim: true,
      onStdout: (chunk) => hear(chunk.toString('utf8')),
      onStderr: (chunk) => hear(chunk.toString('utf8')),
    }),
  ]).catch((error) => {
    signal.throwIfAborted()
    throw error
  })
  return { code: code ?? 1, stdout, stderr }
}

const attach = (ssh: NodeSSH, argv: readonly string[], streams: Streams): Promise<number> =>
  new Promise((resolve, reject) => {
    ssh.connection?.exec(commandLine(argv), (error, channel) => {
      if (error) return reject(error)
      let ended: number | null = null
      channel.once('exit', (code: number | null) => {
        ended = code
      })
      channel.once('close', () => resolve(ended ?? 1))
      channel.pipe(streams.stdout, { end: false })
      channel.stderr.pipe(streams.stderr, { end: false })
      // A program that does not read to the end is no failure: its code tells.
      channel.on('error', () => {})
      streams.stdin.pipe(channel)
    })
  })

import { type Secret, TbsError } from '../../../deploy-engine/index.ts'
import { readConfig } from '../../config.ts'
import { ownPackage } from '../../package-files.ts'
import type { Step, Told } from '../step-screen.ts'
import { becomeRoot } from './become-root.ts'
import { checkManagerToken } from './check-token.ts'
import { connect } from './connect.ts'
import { provideDocker } from './docker-engine.ts'
import { untilHealthy } from './healthy.ts'
import { putHostTimer } from './host-timer.ts'
import { environmentFile, lookAtInstalled, merged, type Settings } from './installed-settings.ts'
import type { KnownHosts } from './known-hosts.ts'
import type { LoggedIn } from './log-in.ts'
import { deliverKey, type MadeKey } from './made-key.ts'
import { runContainer } from './manager-container.ts'
import { buildManagerImage } from './manager-image.ts'
import { refuseOtherVersion } from './other-version.ts'
import { type Places, placesOf } from './places.ts'
import { makeDirectory, putFile } from './put-file.ts'
import { type Question, Stopped } from './question.ts'
import { makeRecoveryKeyThere } from './recovery-key.ts'
import { lookAtRoom, roomText } from './room.ts'
import { lookAtServer } from './server.ts'
import type { StepName } from './steps.ts'
import { ask, type Target } from './target.ts'
import { asToken, type Wanted } from './wanted.ts'
import { sayHello } from './welcome.ts'

export type InstallParts = {
  step: Step<StepName>
  question: Question
  known: KnownHosts
  madeKey: MadeKey
  signal: AbortSignal
}

export type Installation = {
  where: string
  username: string | undefined
  /** Makes whoever opens it the owner. */
  link: string | undefined
  /** The only copy; undefined: one was made before. */
  recoveryKey: Secret | undefined
}

/** A running manager on a server. Each step looks first and acts only where something is missing. */
export const install = async (wanted: Wanted, parts: InstallParts): Promise<Installation> => {
  const { step, question, signal } = parts
  const own = await ownPackage()
  const places = placesOf(wanted.instance)
  const { target, password, letInBy } = await step('connect', () => connect(wanted, parts))
  try {
    const server = await step('server', async () => {
      const value = await lookAtServer(target)
      return seen(value, `${value.system}, ${value.machine}`)
    })
    const root = await step('room', () => asRoot(target, { wanted, password, question }))
    const { token, settings, account } = await step('token', async () => {
      const found = await settingsFor(root, { wanted, places, timezone: server.timezone, question })
      const account = await checkManagerToken(found.token, readConfig(found.settings).apiRoot, signal)
      return seen({ ...found, account }, account.found)
    })
    await agreed(question, { where: root.name, server: server.system, username: account.username })
    await step('docker', async (onLine) => {
      const { version, did } = await provideDocker(root, server, { onLine })
      return { value: version, found: [`Docker ${version}`, ...did].join(', '), changed: did.length > 0 }
    })
    await step('files', async () => {
      // The next time nobody has to type anything.
      const delivered = isPassword(letInBy) && (await deliverKey(target, await parts.madeKey.make()))
      return putFiles(root, { places, token, settings, also: delivered ? ['a key for the next login'] : [] })
    })
    const image = await step('image', async (onLine) => {
      await refuseOtherVersion(root, { instance: wanted.instance, places, version: own.version })
      const value = await buildManagerImage(root, { instance: wanted.instance, own }, { onLine })
      return { value, found: value.tag, changed: value.built }
    })
    const content = [token.reveal(), environmentFile(settings)]
    const container = { instance: wanted.instance, places, imageId: image.id, imageTag: image.tag, content }
    const running = await step('container', async () => {
      const value = await runContainer(root, container)
      const found = value.did === 'nothing' ? 'it runs already' : value.did
      return { value, found, changed: value.did !== 'nothing' }
    })
    const wellness = await step('healthy', async () => {
      const value = await untilHealthy(root, { id: running.id, places })
      return seen(value, value.listens ? 'it listens' : 'it is well, but does not reach Telegram yet')
    })
    await step('timer', async (onLine) => {
      const apiRoot = settings.TELEGRAM_API_ROOT
      const { by, changed } = await putHostTimer(root, { ...wanted, places, server, own, apiRoot }, { onLine })
      return { value: undefined, found: TIMERS[by], changed }
    })
    const recoveryKey = await step('recovery-key', async () => {
      const value = await makeRecoveryKeyThere(root, running.id)
      return { value, found: value ? 'made' : 'there is one already', changed: value !== undefined }
    })
    const { username } = account
    const link = await step('welcome', () =>
      sayHello({ token, settings, username, wellness, isNew: running.did === 'created', signal }),
    )
    return { where: root.name, username, link, recoveryKey }
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    target.close()
  }
}

const seen = <T>(value: T, found: string): Told<T> => ({ value, found })

const TIMERS = {
  systemd: 'every minute, by systemd',
  cron: 'every minute, by cron',
  nothing: 'not possible here: there is neither systemd nor cron',
}

type Rooting = { wanted: Wanted; password: Secret | undefined; question: Question }

const asRoot = async (target: Target, { wanted, password, question }: Rooting): Promise<Told<Target>> => {
  const passwords = [wanted.passwords.sudo, password]
  const { root, how } = await becomeRoot(target, { passwords, question })
  const installed = (await ask(root, ['test', '-e', placesOf(wanted.instance).token])) !== undefined
  return seen(root, `${how}; ${roomText(await lookAtRoom(root, { installed }))}`)
}

type Setting = { wanted: Wanted; places: Places; timezone: string; question: Question }

const settingsFor = async (root: Target, { wanted, places, timezone, question }: Setting) => {
  const installed = await lookAtInstalled(root, places)
  const settings = merged(installed.settings, wanted.env, timezone)
  const known = wanted.token ?? installed.token
  const token = asToken(
    known ?? (await question.secret('Token of the manager’s own bot, from @BotFather', 'TBS_TOKEN')),
  )
  if (!known && settings.TBS_OWNER_ID === undefined) {
    const owner = await question.text('Your numeric Telegram id; empty: a link makes you the owner', '')
    if (owner !== '') settings.TBS_OWNER_ID = owner
  }
  // Whatever is wrong with one of them is said here, and not by a manager that does not start.
  readConfig(settings)
  const broken = Object.entries(settings).find(([, value]) => /[\r\n]/.test(value))
  if (broken) throw new TbsError('bad_config', `${broken[0]}: takes one line`)
  return { token, settings }
}

type Agreeing = { where: string; server: string; username: string | undefined }

const agreed = async (question: Question, { where, server, username }: Agreeing): Promise<void> => {
  const who = username === undefined ? '' : ` @${username}`
  if (!(await question.yes(`Install the manager${who} on ${where} (${server})?`))) throw new Stopped()
}

const isPassword = (letInBy: LoggedIn['letInBy']): boolean =>
  letInBy === 'password' || letInBy === 'keyboard-interactive'

type Files = { places: Places; token: Secret; settings: Settings; also: string[] }

const putFiles = async (root: Target, { places, token, settings, also }: Files): Promise<Told<undefined>> => {
  const changes = [
    await makeDirectory(root, places.settings, '700'),
    await makeDirectory(root, places.keys, '700'),
    await makeDirectory(root, places.data, '700'),
    await putFile(root, { path: places.token, content: `${token.reveal()}\n`, mode: '600' }),
    await putFile(root, { path: places.environment, content: environmentFile(settings), mode: '600' }),
  ]
  const found = [places.settings, places.data, ...also].join(', ')
  return { value: undefined, found, changed: also.length > 0 || changes.some(Boolean) }
}

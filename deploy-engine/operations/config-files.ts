import type { EntityManager } from 'typeorm'
import { TbsError } from '../error.ts'
import { RepoPath } from '../names.ts'
import type { Engine } from '../ports.ts'
import { type Bot, botByName } from '../records/bot.ts'
import { FILE_KEY, secretsOf } from '../records/secret.ts'
import type { Secret } from '../secret.ts'
import { checkValue } from './check-value.ts'
import { refuseRunning } from './refuse-running.ts'
import { removeSecret, storeSecret } from './secrets.ts'

const MAX_BYTES = 64 * 1024
const MAX_FILES = 10

/** `path` is relative to the bot's working directory. */
export type ConfigFile = { path: string; content: Secret }

const ConfigPath = RepoPath.refine(
  (path) => !/(^|\/)\.env$/i.test(path),
  'a .env is made of the bot’s variables: set those',
)

/**
 * Stores a file that is put into each container of the bot from its next start on, or removes it where the content is
 * null. Fails with `unknown_bot`, `unknown_file`, `bad_value` or `bot_busy`.
 */
export const setConfigFile = async (
  engine: Engine,
  name: string,
  { path, content }: { path: string; content: Secret | null },
): Promise<{ bot: Bot; path: string }> => {
  const [file = { path, content }] = checkConfigFiles([{ path, content }])
  return engine.database.transaction(async (entities) => {
    const bot = await botByName(entities, name)
    await refuseRunning(entities, bot)
    if (content === null) await removeFile(engine, entities, bot, file.path)
    else await storeConfigFiles(engine, entities, { bot, files: [{ path: file.path, content }] })
    return { bot, path: file.path }
  })
}

/** Paths of a bot's config files, in alphabetical order. Fails with `unknown_bot`. */
export const configFileNames = async ({ database: { read } }: Engine, name: string): Promise<string[]> =>
  pathsOf(read, await botByName(read, name))

/** What can be said without knowing the bot; gives them with their paths in the plain form. Fails with `bad_value`. */
export const checkConfigFiles = <Content extends Secret | null>(
  files: readonly { path: string; content: Content }[],
): { path: string; content: Content }[] => {
  const checked = files.map(({ path, content }) => ({ path: checkValue(ConfigPath, path), content }))
  const large = checked.find(({ content }) => Buffer.byteLength(content?.reveal() ?? '') > MAX_BYTES)
  if (large) throw refused(`${large.path} is larger than 64 KiB`)
  refuseTogether(checked.map(({ path }) => path))
  return checked
}

const refuseTogether = (paths: readonly string[]): void => {
  if (paths.length > MAX_FILES) throw refused(`a bot has at most ${MAX_FILES} of them`)
  const above = paths.find((path) => paths.some((other) => other.startsWith(`${path}/`)))
  if (above !== undefined) throw refused(`${above} would be a file and a directory`)
}

/** Fails with `bad_value` where they can't be together with those that the bot has. */
export const storeConfigFiles = async (
  engine: Engine,
  entities: EntityManager,
  { bot, files }: { bot: Pick<Bot, 'id'>; files: readonly ConfigFile[] },
): Promise<void> => {
  for (const { path, content } of files) {
    await storeSecret(engine, entities, { bot, key: FILE_KEY + path, value: content })
  }
  refuseTogether(await pathsOf(entities, bot))
}

const removeFile = async (engine: Engine, entities: EntityManager, bot: Bot, path: string): Promise<void> => {
  if (await removeSecret(engine, entities, { bot, key: FILE_KEY + path })) return
  const names = (await pathsOf(entities, bot)).join(', ') || 'none'
  throw new TbsError('unknown_file', `${bot.name} has no config file ${path}`, {
    hint: `Its config files are: ${names}`,
  })
}

const pathsOf = async (entities: EntityManager, { id }: Pick<Bot, 'id'>): Promise<string[]> =>
  (await secretsOf(entities, id)).flatMap(({ key }) => (key.startsWith(FILE_KEY) ? [key.slice(FILE_KEY.length)] : []))

const refused = (why: string) =>
  new TbsError('bad_value', `This config file can’t be kept: ${why}`, { hint: 'Nothing was changed' })

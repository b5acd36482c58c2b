import { join } from 'node:path'
import type { Engine, Log } from '../../deploy-engine/index.ts'
import type { Menus } from './menu.ts'
import { owners } from './records/person.ts'

/**
 * With each refresh of the menus, which is whenever roles change and once a minute, also `owners` in the data dir is as
 * the roles are: the numeric ids, one in a line, for the host timer, which has to tell them when no manager answers.
 */
export const withOwnersFile = (engine: Engine, { menus, log }: { menus: Menus; log: Log }): Menus => ({
  ...menus,
  refresh: async () => {
    await keepOwnersFile(engine).catch((err) => log.error({ err }, 'the owners could not be written down'))
    await menus.refresh()
  },
})

// Never half a file, and not written while it is right.
const keepOwnersFile = async ({ files, database, settings }: Engine): Promise<void> => {
  const path = join(settings.dataDir, 'owners')
  const text = (await owners(database.read)).map(({ telegramId }) => `${telegramId}\n`).join('')
  if ((await files.readText(path)) !== text) await files.writeText(path, text)
}

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  addBot,
  botStatuses,
  type Engine,
  type Log,
  openEngine,
  requestOperation,
  resumeBots,
  Secret,
} from '../deploy-engine/index.ts'
import { chatTables } from '../manager-bot/chat/records/tables.ts'
import { type Config, engineSettings } from '../manager-bot/config.ts'
import { makeEchoRepo } from './echo-repo.ts'

const TEMPLATE = fileURLToPath(new URL('../templates/echo', import.meta.url))

/** Registers echo-bot at the first start; at later ones starts the bots again that the last end stopped. */
export const bringBack = async (config: Config, { log, echoToken }: { log: Log; echoToken: string }): Promise<void> => {
  const { url } = await makeEchoRepo(join(config.dataDir, 'echo-repo'), { template: TEMPLATE })
  const { engine, close } = await openEngine(engineSettings(config), { log, ...chatTables })
  try {
    const bots = await botStatuses(engine)
    if (!bots.some(({ bot }) => bot.name === 'echo-bot')) {
      await addBot(engine, { name: 'echo-bot', repo: url, branch: 'main', token: new Secret(echoToken) })
    }
    await resumeBots(engine)
    await followApi(engine, config)
  } finally {
    await close()
  }
}

// Containers know the API's address since they were made: after it moved, fresh ones are needed.
const followApi = async (engine: Engine, { dataDir, botsApiRoot }: Config): Promise<void> => {
  const file = join(dataDir, 'api-root')
  const last = await readFile(file, 'utf8').catch(() => botsApiRoot)
  if (last !== botsApiRoot) {
    for (const { bot, release } of await botStatuses(engine)) {
      if (!release) continue
      await requestOperation(engine, { bot: bot.name, kind: 'restart', args: {}, requestedBy: 'manager' })
    }
  }
  await writeFile(file, botsApiRoot)
}

import { readdir } from 'node:fs/promises'
import type { DeployedBot } from './deployed-bot.ts'
import { docker } from './docker.ts'
import { rows } from './journal.ts'

/** Everything that is true of a bot, from each side that can be asked; what belongs to nothing is in `orphans`. */
export type Truth = {
  /** Who answers on Telegram. */
  voice: string
  /** Releases whose containers exist, and their state as Docker tells it. */
  containers: string[]
  /** What /status says in the chat. */
  chat: string
  /** Releases that the database calls active. */
  active: number[]
  unfinished: number
  orphans: string[]
}

/** What has to be true when everything is over: one version runs, answers and is called live, and nothing is left. */
export const onlyRuns = (voice: string, number: number): Truth => ({
  voice,
  containers: [`v${number} running`],
  chat: `live v${number}`,
  active: [number],
  unfinished: 0,
  orphans: [],
})

let asked = 0

export const truth = async (deployed: DeployedBot): Promise<Truth> => {
  const { here, bot } = deployed
  const labels = [`tbs.instance=${here.instance}`, `tbs.bot=${deployed.name}`]
  const voice = await deployed.ask(`who ${++asked}`)
  const found = await docker.listContainers({ all: true, filters: { label: [...labels, 'tbs.role=bot'] } })
  const active = await rows<{ number: number }>(
    here.dataDir,
    "SELECT number FROM releases JOIN bots ON bots.id = bot_id WHERE state = 'active' AND telegram_id = ?",
    [bot.id],
  )
  const unfinished = await rows(here.dataDir, "SELECT id FROM operations WHERE state IN ('queued', 'running')")
  const question = here.say(`/status ${deployed.name}`)
  const status = await here.reads(/Release: v/, { after: question })
  return {
    voice,
    containers: found.map(({ Labels, State }) => `v${Labels['tbs.release']} ${State}`).sort(),
    chat: `${/— (\w+)/.exec(status.text)?.[1]} v${/Release: v(\d+)/.exec(status.text)?.[1]}`,
    active: active.map(({ number }) => number),
    unfinished: unfinished.length,
    orphans: await orphans(deployed, labels),
  }
}

const orphans = async ({ here, bot }: DeployedBot, labels: string[]): Promise<string[]> => {
  const filters = { label: labels }
  const releases = await rows<{ image: string; image_id: string | null; state: string }>(
    here.dataDir,
    'SELECT image, image_id, state FROM releases JOIN bots ON bots.id = bot_id WHERE telegram_id = ?',
    [bot.id],
  )
  const [containers, images, networks, volumes] = await Promise.all([
    docker.listContainers({ all: true, filters: { label: [`tbs.instance=${here.instance}`] } }),
    docker.listImages({ filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ])
  const wanted = releases.filter(({ image_id }) => image_id !== null)
  const restored = await rows<{ name: string }>(here.dataDir, 'SELECT name FROM bot_volumes')
  const files = await readdir(here.dataDir, { recursive: true })
  return [
    ...containers.filter(({ Labels }) => Labels['tbs.role'] !== 'bot').map(({ Names }) => `container ${Names[0]}`),
    ...images
      .filter(({ Id }) => !wanted.some(({ image_id }) => image_id === Id))
      .map(({ Id, RepoTags }) => `image ${RepoTags?.join(' ') ?? Id}`),
    ...images
      .flatMap(({ RepoTags }) => RepoTags ?? [])
      .filter((tag) => !wanted.some(({ image }) => image === tag))
      .map((tag) => `tag ${tag}`),
    ...networks.slice(1).map(({ Name }) => `network ${Name}`),
    ...(volumes.Volumes ?? [])
      .filter(({ Name }) => !restored.some(({ name }) => name === Name))
      .slice(restored.length > 0 ? 0 : 1)
      .map(({ Name }) => `volume ${Name}`),
    ...releases.filter(({ state }) => state === 'built').map(({ image }) => `built release ${image}`),
    ...files.filter((path) => /^tmp\/|\.lock$|\.part$|tmp_pack_/.test(path)).map((path) => `file ${path}`),
  ]
}

import { type Engine, messageOf, TbsError, type Upgrade } from '../../deploy-engine/index.ts'
import type { Reply, UpgradesHere } from '../command.ts'
import { hintOf } from '../errors/explain.ts'
import { bold, line, type RichText } from '../text/rich-text.ts'
import type { Upgrades } from '../upgrade/upgrades.ts'
import type { Known } from './message.ts'
import type { Outbox } from './outbox.ts'
import type { Speaking } from './speaking.ts'

type Parts = { engine: Engine; outbox: Outbox; speaking: Speaking; upgrades: Upgrades }

/** Begins to replace the manager for whoever asks in that chat, and tells there if it can't. */
export const upgradeHere = (door: Parts, { place, personId }: Known): UpgradesHere => {
  const { upgrades } = door
  const by = { requestedBy: `telegram:${personId}`, place }
  const tell = async (text: RichText) => {
    await door.engine.database.transaction((entities) =>
      door.outbox.post(entities, { place: { ...place, replyTo: null }, text, priority: 'result', silent: false }),
    )
    door.outbox.wake(place.chatId)
  }
  // Minutes, for which nobody is to wait: the chat goes on.
  const later = (what: Promise<Upgrade>): void => {
    what
      .then(({ to }) => tell([line(`${to.version} takes over now.`)]))
      .catch((error) => tell(notUpgraded(door, error)))
      .catch((err) => door.speaking.log.error({ err }, 'what came of an upgrade could not be told'))
  }
  return {
    own: upgrades.own,
    find: upgrades.find,
    before: upgrades.before,
    begin: async (version) => {
      const published = await upgrades.find(version)
      later(upgrades.begin(published, by))
      return beginning(`Fetching ${version} and building its image. This takes a few minutes; I tell you here.`)
    },
    back: async () => {
      const { to } = await upgrades.back(by)
      return beginning(`${to.version} takes over now.`)
    },
  }
}

const beginning = (text: string): Reply => ({ text: [line(text)] })

const notUpgraded = (door: Parts, error: unknown): RichText => {
  if (!(error instanceof TbsError)) {
    door.speaking.log.error({ err: error }, `an upgrade failed by a bug: ${messageOf(error)}`)
    return [line(bold('Not upgraded: '), 'internal error. The manager’s log has the details.')]
  }
  const hint = hintOf(error)
  return [line(bold('Not upgraded: '), `${error.message}.`), ...(hint === undefined ? [] : [line(hint)])]
}

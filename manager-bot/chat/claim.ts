import type { EntityManager } from 'typeorm'
import type { Engine, Log } from '../../deploy-engine/index.ts'
import type { Incoming } from './message.ts'
import { replaceOwnerCode, useOwnerCode } from './records/owner-code.ts'
import { addOwner, owners, personById } from './records/person.ts'

const CODE_MS = 24 * 3600 * 1000

/** The owner whom the configuration names is one from the start. */
export const seedOwner = (engine: Engine, telegramId: number): Promise<void> =>
  engine.database.transaction(async (entities) => {
    if ((await personById(entities, telegramId))?.role === 'owner') return
    await addOwner(entities, { telegramId, name: String(telegramId), createdAt: engine.clock.now() })
  })

/** While nobody owns this installation: a fresh one-time code, said in the log, which only its operator reads. */
export const offerOwnership = async (
  engine: Engine,
  { username, newCode, log }: { username: string; newCode: () => string; log: Log },
): Promise<void> => {
  const code = newCode()
  const offered = await engine.database.transaction(async (entities) => {
    if ((await owners(entities)).length > 0) return false
    await replaceOwnerCode(entities, code, engine.clock.now() + CODE_MS)
    return true
  })
  if (!offered) return
  log.info(
    { link: `https://t.me/${username}?start=${code}`, validHours: CODE_MS / 3_600_000 },
    `nobody owns this manager yet: open the link, or send it /start ${code}`,
  )
}

/** The first person with the right code becomes the owner; from then on no code works. */
export const claim = (engine: Engine, { personId, personName }: Incoming, code: string): Promise<boolean> =>
  engine.database.transaction(async (entities: EntityManager) => {
    const now = engine.clock.now()
    if ((await owners(entities)).length > 0 || !(await useOwnerCode(entities, code, now))) return false
    await addOwner(entities, { telegramId: personId, name: personName, createdAt: now })
    return true
  })

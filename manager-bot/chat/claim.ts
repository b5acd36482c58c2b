import type { EntityManager } from 'typeorm'
import type { Engine, Log } from '../../deploy-engine/index.ts'
import type { Given } from '../people.ts'
import { reaches } from '../role.ts'
import { roleOf } from './access.ts'
import { writeDown } from './audit.ts'
import type { Incoming } from './message.ts'
import { botNames, give, givenOf, INVITATION_MS, linkOf, MANAGER } from './people.ts'
import { ALL_BOTS } from './records/grant.ts'
import { addInvitation, invitationWith, removeInvitation, removeInvitationsOf } from './records/invitation.ts'
import { addPerson, owners } from './records/person.ts'

/** The owner whom the configuration names is one from the start. */
export const seedOwner = (engine: Engine, telegramId: number): Promise<void> =>
  engine.database.transaction(async (entities) => {
    if ((await roleOf(entities, telegramId)) === 'owner') return
    const createdAt = engine.clock.now()
    await addPerson(entities, { telegramId, name: String(telegramId), createdAt })
    await give(entities, { personId: telegramId, botId: ALL_BOTS, role: 'owner', grantedBy: MANAGER, createdAt })
    const who = { door: 'manager' as const, by: MANAGER, key: `seed:${telegramId}:${createdAt}` }
    const wanted = { verb: 'grant', words: { person: String(telegramId), role: 'owner' } }
    await writeDown(engine, entities, { ...who, wanted, end: { result: 'done' } })
  })

/** While nobody owns this installation: a fresh one-time code, said in the log, which only its operator reads. */
export const offerOwnership = async (
  engine: Engine,
  { username, newCode, log }: { username: string; newCode: () => string; log: Log },
): Promise<void> => {
  if ((await owners(engine.database.read)).length > 0) return
  const code = newCode()
  await engine.database.transaction(async (entities) => {
    await removeInvitationsOf(entities, MANAGER)
    const createdAt = engine.clock.now()
    const forOwner = { role: 'owner', botId: ALL_BOTS, invitedBy: MANAGER } as const
    await addInvitation(entities, { ...forOwner, code, createdAt, expiresAt: createdAt + INVITATION_MS })
  })
  log.info(
    { link: linkOf(username, code), validHours: INVITATION_MS / 3_600_000 },
    `nobody owns this manager yet: open the link, or send it /start ${code}`,
  )
}

/** What came of a code that is valid. */
export type Claim = {
  given: Given
  /** Who had at least this role before does not use the code up. */
  already: boolean
  /** Made by an owner, not by the start of a manager that nobody owns. */
  invitedBy?: string
}

/** Anybody may send any number of guesses, so that this writes nothing. */
export const isValidCode = async ({ database, clock }: Engine, code: string): Promise<boolean> =>
  (await invitationWith(database.read, code, clock.now())) !== undefined

/** The first person with a valid code gets its role; it works once. undefined: not valid. */
export const claim = ({ database, clock }: Engine, who: Incoming, code: string): Promise<Claim | undefined> =>
  database.transaction((entities) => take(entities, who, { code, now: clock.now() }))

const take = async (
  entities: EntityManager,
  { personId, personName }: Incoming,
  { code, now }: { code: string; now: number },
): Promise<Claim | undefined> => {
  const invitation = await invitationWith(entities, code, now)
  if (!invitation) return undefined
  const { id, role, botId, invitedBy } = invitation
  if (invitedBy === MANAGER && (await owners(entities)).length > 0) return undefined
  const [given] = givenOf(invitation, await botNames(entities))
  if (!given) return undefined
  const result = { given, ...(invitedBy !== MANAGER && { invitedBy }) }
  if (reaches(await roleOf(entities, personId, botId), role)) return { ...result, already: true }
  await removeInvitation(entities, id)
  await addPerson(entities, { telegramId: personId, name: personName, createdAt: now })
  await give(entities, { personId, botId, role, grantedBy: invitedBy, createdAt: now })
  return { ...result, already: false }
}

import { type EntityManager, QueryFailedError } from 'typeorm'
import { allBots, botByName, type Engine, TbsError } from '../../deploy-engine/index.ts'
import type { Given, Named, OpenInvitation, People, Somebody } from '../people.ts'
import { roleOf } from './access.ts'
import { clearAwaitedOf } from './records/awaited.ts'
import { ALL_BOTS, allGrants, type Grant, grantsOf, removeGrants, setGrant } from './records/grant.ts'
import {
  addInvitation,
  type Invitation,
  openInvitations,
  removeInvitation,
  removeInvitationsOf,
} from './records/invitation.ts'
import { noteOf } from './records/note.ts'
import { addPerson, allPeople, owners, type Person, peopleNamed, personById, removePerson } from './records/person.ts'

export const INVITATION_MS = 24 * 3600 * 1000
/** Who invited the first owner, and gave the one whom the configuration names the role. */
export const MANAGER = 'manager'
/** The note that holds the username of the manager's own bot. */
export const USERNAME = 'username'

export type PeopleParts = {
  /** As `requestedBy` of operations. */
  by: string
  newCode(): string
  /** Roles are different from now on. */
  onChange(): void
}

/** The people of this installation, as commands see them. */
export const openPeople = (engine: Engine, { by, newCode, onChange }: PeopleParts): People => {
  const { database, clock } = engine
  const change = async <T>(work: (entities: EntityManager) => Promise<T>): Promise<T> => {
    const result = await database.transaction(work).catch(explain)
    onChange()
    return result
  }
  return {
    roster: () => roster(database.read, clock.now()),
    nameOf: (by) => nameOf(database.read, by),
    owners: async () => (await owners(database.read)).map(({ name }) => name),
    grant: (person, given) => change((entities) => grant(entities, person, { given, by, now: clock.now() })),
    revoke: (person, bot) => change((entities) => revoke(entities, person, bot)),
    invite: (given) =>
      database.transaction(async (entities) => {
        const now = clock.now()
        const code = newCode()
        const expiresAt = now + INVITATION_MS
        const { role } = given
        const botId = await botIdOf(entities, given.bot)
        const number = await addInvitation(entities, { code, role, botId, invitedBy: by, createdAt: now, expiresAt })
        return { number, expiresAt, link: linkOf(await username(entities), code) }
      }),
    withdraw: async (number) => {
      if (await database.transaction((entities) => removeInvitation(entities, number))) return
      throw new TbsError('no_invitation', `There is no invitation ${number}`, {
        hint: 'It was taken, taken back, or is too old: /people shows those that are open',
      })
    },
  }
}

/** Who asked for something, as people know them: by the name last seen, or as the user of a terminal. */
export const nameOf = async (entities: EntityManager, by: string): Promise<string> => {
  const [, id] = /^telegram:(\d+)$/.exec(by) ?? []
  if (id !== undefined) return (await personById(entities, Number(id)))?.name ?? id
  return by.replace(/^terminal:(.*)$/, '$1 in the terminal')
}

const username = async (entities: EntityManager): Promise<string> => {
  const note = await noteOf(entities, USERNAME)
  if (note) return String(note.value)
  throw new TbsError('never_started', 'There is no link yet: the manager has never been started', {
    hint: 'Start it, and ask again: tbs-manager serve',
  })
}

export const linkOf = (username: string, code: string): string => `https://t.me/${username}?start=${code}`

/** Gives a role within a transaction, and takes back what a former owner has under way. */
export const give = async (entities: EntityManager, granted: Grant): Promise<void> => {
  await setGrant(entities, granted)
  if (granted.role === 'owner') await removeInvitationsOf(entities, MANAGER)
  await settle(entities, granted.personId)
}

const grant = async (
  entities: EntityManager,
  named: Named,
  { given, by, now }: { given: Given; by: string; now: number },
): Promise<Somebody> => {
  const botId = await botIdOf(entities, given.bot)
  if ('id' in named) await addPerson(entities, { telegramId: named.id, name: String(named.id), createdAt: now })
  const { telegramId } = await mustKnow(entities, named)
  await give(entities, { personId: telegramId, botId, role: given.role, grantedBy: by, createdAt: now })
  return somebody(entities, await mustKnow(entities, named))
}

const revoke = async (entities: EntityManager, named: Named, bot: string | undefined): Promise<Somebody> => {
  const person = await mustKnow(entities, named)
  const personId = person.telegramId
  const botId = bot === undefined ? undefined : await botIdOf(entities, bot)
  const had = (await grantsOf(entities, personId)).some((grant) => botId === undefined || grant.botId === botId)
  if (!had) throw new TbsError('no_role', `${person.name} has no role for ${bot} alone`, { hint: NO_ROLE })
  await removeGrants(entities, { personId, ...(botId !== undefined && { botId }) })
  await settle(entities, personId)
  return somebody(entities, person)
}

const NO_ROLE = '/people shows who has which; a role for all bots is taken back without naming a bot'

/** Nobody comes back through a door that was prepared before the role was lost. */
const settle = async (entities: EntityManager, personId: number): Promise<void> => {
  const grants = await grantsOf(entities, personId)
  if ((await roleOf(entities, personId)) !== 'owner') await removeInvitationsOf(entities, `telegram:${personId}`)
  if (grants.length > 0) return
  await clearAwaitedOf(entities, personId)
  await removePerson(entities, personId)
}

const botIdOf = async (entities: EntityManager, bot: string | null): Promise<number> =>
  bot === null ? ALL_BOTS : (await botByName(entities, bot)).id

const mustKnow = async (entities: EntityManager, named: Named): Promise<Person> => {
  const found = 'id' in named ? [await personById(entities, named.id)] : await peopleNamed(entities, named.name)
  const [person, other] = found
  const shown = 'id' in named ? String(named.id) : named.name
  if (!person) {
    throw new TbsError('unknown_person', `I don’t know ${shown}`, {
      hint: 'Send them a link that gives the role: /grant invite <role> [bot]',
    })
  }
  if (other) throw new TbsError('unknown_person', `I know two called ${shown}`, { hint: '/people shows their ids' })
  return person
}

const roster = async (entities: EntityManager, now: number): ReturnType<People['roster']> => {
  const names = await botNames(entities)
  const people = await allPeople(entities)
  const grants = await allGrants(entities)
  const nameOf = (by: string) => people.find(({ telegramId }) => by === `telegram:${telegramId}`)?.name ?? by
  return {
    people: people.map((person) => view(person, grants, names)),
    invitations: (await openInvitations(entities, now)).flatMap((open) => invitationView(open, names, nameOf)),
  }
}

const somebody = async (entities: EntityManager, person: Person): Promise<Somebody> =>
  view(person, await grantsOf(entities, person.telegramId), await botNames(entities))

type Names = ReadonlyMap<number, string>

export const botNames = async (entities: EntityManager): Promise<Names> =>
  new Map((await allBots(entities)).map(({ id, name }) => [id, name]))

const view = ({ telegramId, name }: Person, grants: readonly Grant[], names: Names): Somebody => {
  const own = grants.filter(({ personId }) => personId === telegramId)
  return { id: telegramId, name, roles: own.flatMap((grant) => givenOf(grant, names)) }
}

const invitationView = (open: Invitation, names: Names, nameOf: (by: string) => string): OpenInvitation[] =>
  givenOf(open, names).map((given) => ({
    ...given,
    number: open.id,
    by: nameOf(open.invitedBy),
    expiresAt: open.expiresAt,
  }))

/** Nothing when it is for a bot that was removed. */
export const givenOf = ({ role, botId }: Pick<Grant, 'role' | 'botId'>, names: Names): Given[] => {
  if (botId === ALL_BOTS) return [{ role, bot: null }]
  const bot = names.get(botId)
  return bot === undefined ? [] : [{ role, bot }]
}

const explain = (error: unknown): never => {
  if (!(error instanceof QueryFailedError) || !error.message.includes('last_owner')) throw error
  throw new TbsError('last_owner', 'This is the last owner, and somebody has to own this manager', {
    hint: 'Make somebody else an owner first: /grant <person> owner',
    cause: error,
  })
}

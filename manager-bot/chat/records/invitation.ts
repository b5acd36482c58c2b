import { createHash } from 'node:crypto'
import { type EntityManager, EntitySchema, LessThan, MoreThan } from 'typeorm'
import type { Role } from '../../role.ts'

/** A role for whoever sends its code first; only the code's hash is kept. */
export type Invitation = {
  id: number
  hash: string
  role: Role
  botId: number
  /** As `requestedBy` of operations; `manager` for the first owner's. */
  invitedBy: string
  createdAt: number
  expiresAt: number
}

export const InvitationSchema = new EntitySchema<Invitation>({
  name: 'invitation',
  tableName: 'invitations',
  columns: {
    id: { type: 'integer', primary: true, generated: 'increment' },
    hash: { type: 'text' },
    role: { type: 'text' },
    botId: { name: 'bot_id', type: 'integer' },
    invitedBy: { name: 'invited_by', type: 'text' },
    createdAt: { name: 'created_at', type: 'integer' },
    expiresAt: { name: 'expires_at', type: 'integer' },
  },
  indices: [{ name: 'invitations_by_hash', columns: ['hash'], unique: true }],
})

type NewInvitation = Omit<Invitation, 'id' | 'hash'> & { code: string }

/** Gives its number. Forgets those that have expired as well: nobody else does. */
export const addInvitation = async (entities: EntityManager, { code, ...rest }: NewInvitation): Promise<number> => {
  await entities.delete(InvitationSchema, { expiresAt: LessThan(rest.createdAt) })
  const { identifiers } = await entities.insert(InvitationSchema, { ...rest, hash: hashOf(code) })
  return Number(identifiers[0]?.id)
}

export const invitationWith = async (
  entities: EntityManager,
  code: string,
  now: number,
): Promise<Invitation | undefined> => {
  const found = await entities.findOneBy(InvitationSchema, { hash: hashOf(code) })
  return found && found.expiresAt > now ? found : undefined
}

export const openInvitations = (entities: EntityManager, now: number): Promise<Invitation[]> =>
  entities.find(InvitationSchema, { where: { expiresAt: MoreThan(now) }, order: { id: 'ASC' } })

/** false: there is none with this number. */
export const removeInvitation = async (entities: EntityManager, id: number): Promise<boolean> =>
  (await entities.delete(InvitationSchema, { id })).affected === 1

export const removeInvitationsOf = async (entities: EntityManager, invitedBy: string): Promise<void> => {
  await entities.delete(InvitationSchema, { invitedBy })
}

const hashOf = (code: string): string => createHash('sha256').update(code).digest('hex')

import type { Role } from './role.ts'

/** A role for one bot, or with null for all of them. */
export type Given = { role: Role; bot: string | null }

/** By the numeric Telegram id that nobody can change; the name is the one last seen. */
export type Somebody = { id: number; name: string; roles: Given[] }

export type OpenInvitation = Given & { number: number; by: string; expiresAt: number }

/** As a command names them: by id, or by the @name of somebody who is known. */
export type Named = { id: number } | { name: string }

/** Who may use this manager. */
export type People = {
  roster(): Promise<{ people: Somebody[]; invitations: OpenInvitation[] }>
  /** Names of those who may give roles. */
  owners(): Promise<string[]>
  /** What somebody is called who asked for something. */
  nameOf(requestedBy: string): Promise<string>
  /** Fails with `unknown_person`, `unknown_bot` or `last_owner`. */
  grant(person: Named, given: Given): Promise<Somebody>
  /** Without a bot all of that person's roles. Fails: `unknown_person`, `unknown_bot`, `no_role` or `last_owner`. */
  revoke(person: Named, bot?: string): Promise<Somebody>
  /** Fails with `unknown_bot`, or with `never_started` before the manager's own name is known. */
  invite(given: Given): Promise<{ number: number; link: string; expiresAt: number }>
  /** Fails with `no_invitation`. */
  withdraw(invitation: number): Promise<void>
}

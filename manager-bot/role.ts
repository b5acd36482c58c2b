/** What a person may do; each may do whatever those behind it may. */
export const ROLES = ['owner', 'admin', 'viewer'] as const
export type Role = (typeof ROLES)[number]

/** The roles of whoever asks, as of now. */
export type Access = {
  /** For one bot, be it by a role for this one or for all; without a bot: for all of them. */
  roleFor(bot?: string): Role | undefined
  /** The highest one, for whatever bot. */
  best: Role
}

/** The terminal's: who may log in there owns the installation. */
export const OWNS_ALL: Access = { roleFor: () => 'owner', best: 'owner' }

export const reaches = (role: Role | undefined, least: Role): boolean =>
  role !== undefined && ROLES.indexOf(role) <= ROLES.indexOf(least)

export const highest = (roles: readonly Role[]): Role | undefined => ROLES.find((role) => roles.includes(role))

import type { Given, Somebody } from './people.ts'

/** "owner", "admin of echo-bot", "viewer of all bots". */
export const givenText = ({ role, bot }: Given): string =>
  role === 'owner' ? 'owner' : `${role} of ${bot ?? 'all bots'}`

export const rolesText = ({ roles }: Pick<Somebody, 'roles'>): string =>
  roles.length === 0 ? 'without a role' : roles.map(givenText).join(', ')

/** With the id, by which anybody can be named for certain. */
export const nameText = ({ id, name }: Pick<Somebody, 'id' | 'name'>): string =>
  name === String(id) ? name : `${name} (${id})`

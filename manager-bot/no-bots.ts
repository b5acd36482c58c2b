import { type Access, reaches } from './role.ts'
import { command, type Line, line } from './text/rich-text.ts'

/** What is said in place of bots, to those who can add one and to those who can't. */
export const noBots = (access: Access): Line =>
  reaches(access.roleFor(), 'owner')
    ? line('There are no bots yet. Add one: ', command('addbot <name> <repo>'))
    : line('There are no bots yet; an owner can add one.')

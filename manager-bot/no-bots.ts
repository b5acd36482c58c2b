import type { CommandContext } from './command.ts'
import { reaches } from './role.ts'
import { command, type Line, line } from './text/rich-text.ts'

/** What is said in place of bots, to those who can add one and to those who can't. */
export const noBots = ({ access, door }: Pick<CommandContext, 'access' | 'door'>): Line =>
  reaches(access.roleFor(), 'owner')
    ? line('There are no bots yet. Add one: ', command(door === 'chat' ? 'addbot' : 'addbot <name> <repo>'))
    : line('There are no bots yet; an owner can add one.')

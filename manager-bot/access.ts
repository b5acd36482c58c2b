import { type Command, type CommandContext, type Input, missingFrom } from './command.ts'
import { type Access, type Role, reaches } from './role.ts'

/** Fails with `not_allowed`, naming whom to ask for what. */
export const checkAccess = async (command: Command, input: Input, context: CommandContext): Promise<void> => {
  if (!mayUse(command, input, context.access)) throw await refusal(command, input.bot, context)
}

export const mayUse = (command: Command, input: Input, access: Access): boolean =>
  reaches(roleUsed(command, input, access), command.role)

const roleUsed = (command: Command, input: Input, access: Access): Role | undefined => {
  if (input.bot !== undefined) return access.roleFor(input.bot)
  return command.acrossBots || missingFrom(command, input) === 'bot' ? access.best : access.roleFor()
}

const refusal = async ({ name, role }: Command, bot: string | undefined, context: CommandContext) => {
  const { access, people, requestedBy, verbs } = context
  const who = (await people.owners()).join(' or ')
  const about = bot?.slice(0, LONGEST_NAME)
  const asker = requestedBy.replace(/^telegram:/, '')
  const wish = ['/grant', asker, role, ...(about === undefined ? [] : [about])].join(' ')
  const hint = role === 'owner' ? `Ask ${who} to do it` : `Ask ${who}, who can send me: ${wish}`
  // Also of a bot that does not exist: nobody learns here which ones there are.
  if (about !== undefined && access.roleFor(about) === undefined) {
    return new verbs.TbsError('not_allowed', `You have no role for ${about}`, { hint })
  }
  const those = about === undefined ? `${role}s` : `${role}s of ${about}`
  return new verbs.TbsError('not_allowed', `Only ${those} may use /${name}${about === undefined ? '' : ' on it'}`, {
    hint,
  })
}

const LONGEST_NAME = 31

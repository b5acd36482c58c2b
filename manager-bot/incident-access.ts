import { z } from 'zod'
import type { IncidentView } from '../deploy-engine/index.ts'
import type { CommandContext } from './command.ts'
import { type Role, reaches } from './role.ts'

/** How commands name an incident. */
export const IncidentNumber = z
  .string()
  .regex(/^\d{1,9}$/, 'an incident is a number such as 3')
  .transform(Number)

/** What is wrong with the server concerns those who have a role for all bots. */
export const canSee = ({ access }: Pick<CommandContext, 'access'>, { bot }: IncidentView, least: Role): boolean =>
  reaches(access.roleFor(bot?.name), least)

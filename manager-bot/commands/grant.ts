import { z } from 'zod'
import { type CommandContext, defineCommand, type Reply } from '../command.ts'
import type { Given } from '../people.ts'
import { givenText, nameText, rolesText } from '../people-text.ts'
import { PERSON_FORM, PersonName } from '../person-name.ts'
import { ROLES } from '../role.ts'
import { bold, code, command, line } from '../text/rich-text.ts'

const RoleName = z.enum(ROLES, { error: 'a role is owner, admin or viewer' })

export const grant = defineCommand({
  name: 'grant',
  usage: '<person> <role> [bot]',
  summary: 'Give somebody a role, or make a link that does',
  details:
    'person is a numeric Telegram id, the @name of somebody who is known, or the word invite for a link that works ' +
    'once and for 24 h. A viewer looks, an admin also deploys, an owner may do everything, for all bots. Without a ' +
    'bot the role is for all of them.',
  example: 'invite admin echo-bot',
  role: 'owner',
  onlyDatabase: true,
  args: ({ BotName }) =>
    z
      .object({ person: z.string(), role: z.string().optional(), bot: z.string().optional() })
      .transform(withoutInvite)
      .pipe(
        z
          .strictObject({
            person: z.union([z.literal('invite'), PersonName], `${PERSON_FORM}, or the word invite`),
            role: RoleName,
            bot: BotName.nullable(),
          })
          .refine(({ role, bot }) => role !== 'owner' || bot === null, {
            path: ['bot'],
            message: 'owners own all bots: leave the bot out',
          }),
      ),
  run: async ({ person, role, bot }, context) => {
    if (person === 'invite') return invite({ role, bot }, context)
    const granted = await context.people.grant(person, { role, bot })
    return { text: [line(bold(nameText(granted)), ` is now ${rolesText(granted)}.`)], data: granted }
  },
})

type Words = { person: string; role?: string | undefined; bot?: string | undefined }

/** `/grant admin echo-bot` names nobody: an invitation, too. */
const withoutInvite = ({ person, role, bot }: Words) =>
  RoleName.safeParse(person).success
    ? { person: 'invite', role: person, bot: role ?? null }
    : { person, role, bot: bot ?? null }

const invite = async (given: Given, { people, here, verbs }: CommandContext): Promise<Reply> => {
  if (here) {
    throw new verbs.TbsError('private_only', 'Whoever reads the link could use it', {
      hint: 'Send me the same command in our private chat',
    })
  }
  const { number, link, expiresAt } = await people.invite(given)
  return {
    text: [
      line(bold(`Whoever opens this first becomes ${givenText(given)}:`)),
      line(code(link)),
      line('It works once, within 24 h. Take it back: ', command(`revoke invite-${number}`)),
    ],
    data: { number, ...given, link, expiresAt: new Date(expiresAt).toISOString() },
  }
}

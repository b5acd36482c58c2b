import { z } from 'zod'
import { defineCommand } from '../command.ts'
import type { Somebody } from '../people.ts'
import { nameText, rolesText } from '../people-text.ts'
import { PERSON_FORM, PersonName } from '../person-name.ts'
import { bold, line } from '../text/rich-text.ts'

const InvitationName = z
  .string()
  .regex(/^invite-\d{1,9}$/)
  .transform((text) => ({ invitation: Number(text.slice('invite-'.length)) }))

export const revoke = defineCommand({
  name: 'revoke',
  usage: '<person> [bot]',
  summary: 'Take roles or an invitation back',
  details:
    'Without a bot all roles of that person; it holds from the next message and button on. An invitation is named as ' +
    '/people shows it, such as invite-3. The last owner stays.',
  example: '123456789 echo-bot',
  role: 'owner',
  onlyDatabase: true,
  args: ({ BotName }) =>
    z.strictObject({
      person: z.union([InvitationName, PersonName], `${PERSON_FORM}, or an invitation such as invite-3`),
      bot: BotName.optional(),
    }),
  confirm: async ({ person, bot }, { people }) => {
    if ('invitation' in person) return undefined
    const known = (await people.roster()).people
    const [found, other] = known.filter((one) =>
      'id' in person ? one.id === person.id : one.name.toLowerCase() === person.name.toLowerCase(),
    )
    const lost = found?.roles.filter((given) => bot === undefined || given.bot === bot) ?? []
    // What is refused anyway is refused at once.
    if (!found || other || lost.length === 0 || (bot === undefined && isLastOwner(found, known))) return undefined
    const name = nameText(found)
    const all = lost.length === found.roles.length
    return {
      text: [
        line(bold(`Take ${rolesText({ roles: lost })} from ${name}?`)),
        ...(all ? [line('Then this person can no longer use this manager.')] : []),
      ],
      yes: `Take it from ${found.name}`,
      no: 'Leave it',
      input: { person: String(found.id), ...(bot !== undefined && { bot }) },
    }
  },
  run: async ({ person, bot }, { people }) => {
    if ('invitation' in person) {
      await people.withdraw(person.invitation)
      return { text: [line('That invitation works no more.')], data: person }
    }
    const left = await people.revoke(person, bot)
    const now = left.roles.length === 0 ? ' can no longer use this manager.' : ` is now ${rolesText(left)}.`
    return { text: [line(bold(nameText(left)), now)], data: left }
  },
})

const isOwner = ({ roles }: Somebody): boolean => roles.some(({ role }) => role === 'owner')

const isLastOwner = (person: Somebody, known: readonly Somebody[]): boolean =>
  isOwner(person) && known.filter(isOwner).length === 1

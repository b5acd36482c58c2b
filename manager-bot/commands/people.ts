import { z } from 'zod'
import { defineCommand } from '../command.ts'
import type { OpenInvitation, Somebody } from '../people.ts'
import { givenText, nameText, rolesText } from '../people-text.ts'
import { duration } from '../text/duration.ts'
import { type Block, bold, command, line } from '../text/rich-text.ts'

export const people = defineCommand({
  name: 'people',
  usage: '',
  summary: 'Who may use this manager, and for which bots',
  example: '',
  role: 'owner',
  reads: true,
  args: () => z.strictObject({}),
  run: async (_args, { engine, people: known }) => {
    const roster = await known.roster()
    const now = engine.clock.now()
    const nobody = roster.people.length === 0
    return {
      text: [
        ...(nobody ? [line('Nobody owns this manager yet: its log has the link for the first owner.')] : []),
        ...(nobody ? [] : [line(bold('People'))]),
        ...roster.people.map(personLine),
        ...(roster.invitations.length > 0 ? [line(bold('Open invitations'))] : []),
        ...roster.invitations.map((open) => invitationLine(open, now)),
      ],
      data: {
        people: roster.people,
        invitations: roster.invitations.map(({ expiresAt, ...open }) => ({
          ...open,
          expiresAt: new Date(expiresAt).toISOString(),
        })),
      },
    }
  },
})

const personLine = (person: Somebody): Block =>
  line(`${nameText(person)}: ${rolesText(person)}. `, command(`revoke ${person.id}`))

const invitationLine = (open: OpenInvitation, now: number): Block =>
  line(
    `For ${givenText(open)}, by ${open.by}, valid for ${duration(open.expiresAt - now)}. `,
    command(`revoke invite-${open.number}`),
  )

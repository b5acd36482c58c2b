import type { Reply } from '../command.ts'
import { givenText, nameText } from '../people-text.ts'
import { bold, command, line } from '../text/rich-text.ts'
import { writeDown } from './audit.ts'
import { type Claim, claim, isValidCode } from './claim.ts'
import type { Door } from './door.ts'
import type { Incoming, Typed } from './message.ts'
import { inOneTransaction } from './one-transaction.ts'
import { owners } from './records/person.ts'
import { say } from './say.ts'
import { postTo } from './tell.ts'

const CODE = /^[\w-]{16,64}$/

/** Takes the code of an invitation, from whomever. false: it holds none that is valid. */
export const hearInvitation = async (door: Door, said: Incoming, typed: Typed | undefined): Promise<boolean> => {
  const code = typed?.command === 'start' && said.isPrivate ? typed.rest.trim() : ''
  if (!CODE.test(code) || !(await isValidCode(door.engine, code))) return false
  const claimed = await inOneTransaction(door, (inside) => takeAndTell(inside, said, code))
  if (!claimed) return false
  if (claimed.already) return true
  door.speaking.log.info({ person: said.personId, ...claimed.given }, 'an invitation was taken')
  void door.menus.refresh()
  return true
}

/** Nobody gets a role of which the inviter does not hear. */
const takeAndTell = async (door: Door, said: Incoming, code: string): Promise<Claim | undefined> => {
  const claimed = await claim(door.engine, said, code)
  if (!claimed) return undefined
  await say(door, said, welcome(claimed))
  if (claimed.already) return claimed
  await tellInviter(door, said, claimed)
  await audit(door, said, claimed)
  return claimed
}

const audit = ({ engine }: Door, { personId, updateId }: Incoming, { given, invitedBy = 'manager' }: Claim) => {
  const who = { door: 'chat' as const, by: `telegram:${personId}`, key: `invitation:${updateId}` }
  const words = { role: given.role, invited_by: invitedBy }
  const wanted = { verb: 'start', ...(given.bot !== null && { bot: given.bot }), words }
  return engine.database.transaction((entities) =>
    writeDown(engine, entities, { ...who, wanted, end: { result: 'done' } }),
  )
}

const welcome = ({ given, already, invitedBy }: Claim): Reply => {
  if (already) return { text: [line(`You have that role already. The link still works, for somebody else.`)] }
  if (invitedBy !== undefined) {
    return { text: [line(bold(`You are now ${givenText(given)}.`)), line('What you may use: ', command('help'))] }
  }
  return {
    text: [
      line(bold('You own this manager now.'), ' Nobody else can use it.'),
      line('Add your first bot: ', command('addbot')),
      line('All commands: ', command('help')),
    ],
  }
}

const tellInviter = async (door: Door, { personId, personName }: Incoming, { given, invitedBy }: Claim) => {
  if (invitedBy === undefined) return
  const { engine, outbox } = door
  const [, inviter] = /^telegram:(\d+)$/.exec(invitedBy) ?? []
  const others = (await owners(engine.database.read)).map(({ telegramId }) => telegramId)
  const told = inviter === undefined ? others.filter((id) => id !== personId) : [Number(inviter)]
  const who = nameText({ id: personId, name: personName })
  const text = [
    line(`${who} took the invitation and is now ${givenText(given)}.`),
    line('If that is somebody else than you meant: ', command(`revoke ${personId}`)),
  ]
  await engine.database.transaction((entities) => postTo(outbox, entities, told, text))
  for (const id of told) outbox.wake(id)
}

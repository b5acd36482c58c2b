import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { InvitationSchema } from '../../../manager-bot/chat/records/invitation.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'

const ANNA = 43
const MALLORY = 666

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench()
  bench.sandbox.addPerson({ id: ANNA, name: 'Anna', username: 'anna' })
  bench.sandbox.addPerson({ id: MALLORY, name: 'Mallory' })
  await bench.start()
  await bench.register('echo-bot')
  await bench.register('news')
})

afterEach(() => bench.close())

const heardBy = (person: number) => bench.sandbox.conversation(MANAGER, person).filter(({ from }) => from.is_bot)

/** What the manager answers this person. */
const told = async (person: number, text: string): Promise<string> => {
  const before = heardBy(person).length
  bench.sandbox.say(person, MANAGER, text)
  return (await bench.sandbox.waitFor(() => heardBy(person)[before], { what: `an answer to ${text}` })).text
}

/** Opens a link; gives what was answered. */
const opens = async (person: number, link: string): Promise<string> => {
  const before = heardBy(person).length
  bench.sandbox.follow(person, link)
  return (await bench.sandbox.waitFor(() => heardBy(person)[before], { what: 'an answer to the link' })).text
}

/** A stranger opens a link in vain. What comes next in that chat, a link that works, is the first to be answered. */
const opensInVain = async (stranger: number, link: string, working?: string): Promise<void> => {
  const works = working ?? linkIn(await bench.answer('/grant viewer'))
  bench.sandbox.follow(stranger, link)
  bench.sandbox.follow(stranger, works)
  const first = await bench.sandbox.waitFor(() => heardBy(stranger)[0])
  expect(first.text).toContain('You are now viewer of all bots.')
}

/** Confirms what is asked, too. */
const revokes = async (text: string): Promise<string> => {
  const [asked] = await bench.answers(bench.says(text))
  const yes = asked?.buttons?.flat()[0]?.text
  if (!asked || yes === undefined) return asked?.text ?? ''
  await bench.sandbox.press(OWNER, MANAGER, asked.message_id, yes)
  const now = () => bench.said().find(({ message_id }) => message_id === asked.message_id)?.text ?? ''
  return bench.sandbox.waitFor(() => now() !== asked.text && now(), { what: `the end of ${text}` })
}

const linkIn = (text: string): string => /https:\/\/t\.me\/\S+/.exec(text)?.[0] ?? 'no link'

const menuOf = (person: number) => bench.sandbox.menu(person, MANAGER).map(({ command }) => command)

describe('roles', () => {
  test('a viewer of one bot looks at that bot, and nothing else', async () => {
    expect(await bench.answer(`/grant ${ANNA} viewer echo-bot`)).toBe('43 is now viewer of echo-bot.')
    expect(await told(ANNA, '/bots')).toMatch(/^\S* ?echo-bot — not deployed$/)
    expect(await told(ANNA, '/status echo-bot')).toContain('@echo_bot')
    expect(await told(ANNA, '/deploy echo-bot')).toBe(
      'Only admins of echo-bot may use /deploy on it\nAsk @olga, who can send me: /grant 43 admin echo-bot',
    )
    expect(await told(ANNA, '/deploy')).toContain('Only admins may use /deploy')
    expect(await told(ANNA, '/addbot other https://example.org/e.git')).toBe(
      'Only owners may use /addbot\nAsk @olga to do it',
    )
    expect(await told(ANNA, '/people')).toContain('Only owners may use /people')
    expect(await told(ANNA, `/grant ${ANNA} owner`)).toContain('Only owners may use /grant')
    expect(bench.queued).toEqual([])
  })

  test('a bot without a role for it can not be told from one that does not exist', async () => {
    await bench.answer(`/grant ${ANNA} viewer echo-bot`)
    const [news, none] = [await told(ANNA, '/status news'), await told(ANNA, '/status none')]
    expect(news).toBe('You have no role for news\nAsk @olga, who can send me: /grant 43 viewer news')
    expect(none).toBe(news.replaceAll('news', 'none'))
  })

  test('an admin of one bot deploys it, and is offered no other', async () => {
    await bench.answer(`/grant ${ANNA} admin echo-bot`)
    await bench.answer(`/grant ${ANNA} viewer news`)
    bench.sandbox.say(ANNA, MANAGER, '/deploy')
    const asked = await bench.sandbox.waitFor(() => heardBy(ANNA)[0])
    expect(JSON.stringify(asked)).toContain('echo-bot')
    expect(JSON.stringify(asked)).not.toContain('news')
    expect(await told(ANNA, '/deploy echo-bot')).toContain('Deploying echo-bot')
    expect(await told(ANNA, '/deploy news')).toContain('Only admins of news may use /deploy on it')
    expect(await told(ANNA, '/prune news')).toContain('Only admins of news')
    expect(bench.queued).toEqual([1])
  })

  test('a role for all bots is one for those that come later', async () => {
    await bench.answer(`/grant ${ANNA} admin`)
    await bench.register('later')
    expect(await told(ANNA, '/deploy later')).toContain('Deploying later')
    expect(await told(ANNA, '/deploy none')).toContain('There is no bot named none')
  })

  test('what was granted can be looked at and taken back; who has nothing left is a stranger', async () => {
    await bench.answer(`/grant ${ANNA} viewer`)
    await told(ANNA, '/help')
    expect(await bench.answer('/grant @Anna admin echo-bot')).toBe(
      '@anna (43) is now viewer of all bots, admin of echo-bot.',
    )
    expect(await bench.answer('/people')).toBe(
      'People\n@olga (42): owner. /revoke 42\n@anna (43): viewer of all bots, admin of echo-bot. /revoke 43',
    )
    expect(await revokes('/revoke @anna echo-bot')).toBe('@anna (43) is now viewer of all bots.')
    expect(await revokes('/revoke 43 echo-bot')).toContain('@anna has no role for echo-bot alone')
    expect(await revokes('/revoke 43')).toBe('@anna (43) can no longer use this manager.')
    const before = heardBy(ANNA).length
    bench.sandbox.say(ANNA, MANAGER, '/bots')
    expect(await revokes('/revoke 43')).toContain('I don’t know 43')
    expect(heardBy(ANNA)).toHaveLength(before)
  })

  test.each([
    ['/grant @nobody admin', 'I don’t know @nobody'],
    ['/grant 43 boss', 'role: a role is owner, admin or viewer'],
    ['/grant 43', 'role: a role is owner, admin or viewer'],
    ['/grant anna admin', 'person: a person is a numeric Telegram id'],
    ['/grant 43 admin none', 'There is no bot named none'],
    ['/grant 43 owner echo-bot', 'bot: owners own all bots: leave the bot out'],
    ['/revoke 43', 'I don’t know 43'],
    ['/revoke invite-9', 'There is no invitation 9'],
  ])('%s changes nothing', async (text, answer) => {
    expect(await bench.answer(text)).toContain(answer)
    expect(await bench.answer('/people')).toBe('People\n@olga (42): owner. /revoke 42')
  })

  test('an @ in front of a first name makes no username of it', async () => {
    bench.sandbox.addPerson({ id: MALLORY, name: '@anna' })
    await bench.answer(`/grant ${MALLORY} viewer echo-bot`)
    await told(MALLORY, '/bots')
    expect(await bench.answer('/grant @anna owner')).toContain('I don’t know @anna')
    expect(await bench.answer('/people')).toContain('anna (666): viewer of echo-bot')
  })

  test('menu and help show what the role allows, and change with it', async () => {
    await bench.sandbox.waitFor(() => menuOf(OWNER).includes('grant'))
    bench.sandbox.privateChat(ANNA, MANAGER)
    expect(menuOf(ANNA)).toEqual(['start'])
    await bench.answer(`/grant ${ANNA} viewer echo-bot`)
    await bench.sandbox.waitFor(() => menuOf(ANNA).includes('bots'))
    expect(menuOf(ANNA)).not.toContain('deploy')
    const help = await told(ANNA, '/help')
    expect(help).toContain('/status — ')
    expect(help).not.toContain('/deploy')
    expect(help).not.toContain('For admins')
    expect(await told(ANNA, '/help deploy')).toContain('For admins and owners.')
    await bench.answer(`/grant ${ANNA} admin echo-bot`)
    await bench.sandbox.waitFor(() => menuOf(ANNA).includes('deploy'))
    expect(await told(ANNA, '/help')).toMatch(/For admins\n\/deploy — /)
    await revokes(`/revoke ${ANNA}`)
    await bench.sandbox.waitFor(() => menuOf(ANNA).join() === 'start')
  })

  test('a menu that could not be set is set once that person writes', async () => {
    await bench.sandbox.waitFor(() => menuOf(OWNER).includes('grant'))
    bench.sandbox.privateChat(ANNA, MANAGER)
    const body = JSON.stringify({ ok: false, error_code: 400, description: 'Bad Request: chat not found' })
    bench.sandbox.fail({ method: 'setMyCommands', status: 400, body, times: 1 })
    await bench.answer(`/grant ${ANNA} viewer`)
    await bench.sandbox.waitFor(() => bench.sandbox.calls.some(({ status }) => status === 400))
    expect(menuOf(ANNA)).toEqual(['start'])
    await told(ANNA, '/bots')
    await bench.sandbox.waitFor(() => menuOf(ANNA).includes('bots'))
  })
})

describe('the last owner', () => {
  test.each(['/revoke 42', '/revoke @olga', '/grant 42 admin'])('%s is refused', async (text) => {
    expect(await revokes(text)).toBe(
      'This is the last owner, and somebody has to own this manager\n' +
        'Make somebody else an owner first: /grant <person> owner',
    )
    expect(await bench.answer('/people')).toContain('@olga (42): owner')
  })

  test('may go once there is another', async () => {
    await bench.answer(`/grant ${ANNA} owner`)
    await revokes('/revoke 42')
    bench.says('/bots')
    expect(await told(ANNA, '/people')).toBe('People\n@anna (43): owner. /revoke 43')
  })

  test.each([
    'DELETE FROM grants',
    'DELETE FROM grants WHERE person_id = 42',
    "UPDATE grants SET role = 'admin'",
    'UPDATE grants SET bot_id = 1',
    "INSERT OR REPLACE INTO grants VALUES (42, 0, 'viewer', 'x', 1)",
    "INSERT INTO grants VALUES (43, 1, 'owner', 'x', 1)",
  ])('is kept by the database itself: %s', async (statement) => {
    const change = () => bench.engine.database.transaction((entities) => entities.query(statement))
    await expect(change()).rejects.toThrow(/last_owner|owners_own_all/)
    expect(await bench.answer('/people')).toContain('@olga (42): owner')
  })
})

describe('invitations', () => {
  test('a link makes whoever opens it first what it says, once, and the inviter hears of it', async () => {
    const offer = await bench.answer('/grant invite admin echo-bot')
    expect(offer).toContain('Whoever opens this first becomes admin of echo-bot:')
    const link = linkIn(offer)
    expect(link).toMatch(/^https:\/\/t\.me\/tbs_manager_bot\?start=[\w-]{22}$/)
    expect(JSON.stringify(await bench.engine.database.read.find(InvitationSchema))).not.toContain(link.split('=')[1])
    expect(await bench.answer('/people')).toMatch(/For admin of echo-bot, by @olga, valid for 1 d\. \/revoke invite-1/)
    expect(await opens(ANNA, link)).toContain('You are now admin of echo-bot.')
    await bench.sandbox.waitFor(() =>
      bench.said().some(({ text }) => text.startsWith('@anna (43) took the invitation')),
    )
    expect(await bench.answer('/people')).not.toContain('invite-')
    expect(await told(ANNA, '/deploy echo-bot')).toContain('Deploying echo-bot')
    await opensInVain(MALLORY, link)
  })

  test('/grant with a role alone is an invitation, too; one for an owner makes one', async () => {
    expect(await bench.answer('/grant viewer news')).toContain('becomes viewer of news:')
    const link = linkIn(await bench.answer('/grant owner'))
    expect(await opens(ANNA, link)).toContain('You are now owner.')
    expect(await told(ANNA, '/people')).toContain('@anna (43): owner')
  })

  test('who has the role already does not use the link up', async () => {
    const link = linkIn(await bench.answer('/grant viewer'))
    expect(await opens(OWNER, link)).toContain('You have that role already.')
    expect(await opens(ANNA, link)).toContain('You are now viewer of all bots.')
  })

  test('it raises somebody who is known', async () => {
    await bench.answer(`/grant ${ANNA} viewer`)
    await told(ANNA, '/bots')
    expect(await opens(ANNA, linkIn(await bench.answer('/grant admin')))).toContain('You are now admin')
    expect(await told(ANNA, '/deploy news')).toContain('Deploying news')
  })

  test('taken back, it works no more', async () => {
    const link = linkIn(await bench.answer('/grant admin'))
    expect(await revokes('/revoke invite-1')).toBe('That invitation works no more.')
    await opensInVain(ANNA, link)
  })

  test('after a day it works no more', async () => {
    const link = linkIn(await bench.answer('/grant admin'))
    const working = linkIn(await bench.answer('/grant viewer'))
    await bench.engine.database.transaction((entities) =>
      entities.update(InvitationSchema, { id: 1 }, { expiresAt: Date.now() - 1 }),
    )
    expect(await bench.answer('/people')).not.toContain('invite-1')
    await opensInVain(ANNA, link, working)
  })

  test('those of an owner who was removed go with the role', async () => {
    await bench.answer(`/grant ${ANNA} owner`)
    const link = linkIn(await told(ANNA, '/grant owner'))
    await bench.answer(`/grant ${ANNA} admin`)
    await opensInVain(MALLORY, link)
  })

  test('two who open it at the same moment: one gets the role', async () => {
    const link = linkIn(await bench.answer('/grant viewer'))
    bench.sandbox.follow(ANNA, link)
    bench.sandbox.follow(MALLORY, link)
    await bench.sandbox.waitFor(() => [...heardBy(ANNA), ...heardBy(MALLORY)].length > 0)
    await bench.answer('/bots')
    expect([...heardBy(ANNA), ...heardBy(MALLORY)]).toHaveLength(1)
  })

  test('those for a bot that was removed are worth nothing, also when another takes its name', async () => {
    const link = linkIn(await bench.answer('/grant admin news'))
    await bench.answer(`/grant ${ANNA} admin news`)
    await bench.engine.database.transaction((entities) =>
      entities.query("UPDATE bots SET removed_at = 1 WHERE name = 'news'"),
    )
    await bench.engine.database.transaction((entities) =>
      entities.query(
        `INSERT INTO bots (name, repo, telegram_id, username, created_at) VALUES ('news', 'file:///x', 9, 'x', 1)`,
      ),
    )
    expect(await told(ANNA, '/status news')).toContain('You have no role for news')
    expect(await bench.answer('/people')).not.toContain('news')
    await opensInVain(MALLORY, link)
  })

  test('they are not shown in a group', async () => {
    const group = bench.sandbox.addGroup({ title: 'Ops', members: [OWNER, bench.manager.id] })
    const inGroup = () => bench.sandbox.messages(group.id).filter(({ from }) => from.is_bot)
    bench.sandbox.say(OWNER, group.id, `/here@${MANAGER}`)
    bench.sandbox.say(OWNER, group.id, `/grant@${MANAGER} invite owner`)
    await bench.sandbox.waitFor(() => inGroup().length === 2)
    expect(inGroup()[1]?.text).toContain('Whoever reads the link could use it')
    expect(await bench.answer('/people')).not.toContain('invite-')
  })
})

describe('a button that was offered while there was a role', () => {
  const offered = async () => {
    await bench.answer(`/grant ${ANNA} admin`)
    bench.sandbox.say(ANNA, MANAGER, '/deploy')
    return bench.sandbox.waitFor(() => heardBy(ANNA)[0])
  }

  test('is refused by the role that there is when it is pressed', async () => {
    const { message_id } = await offered()
    await bench.answer(`/grant ${ANNA} viewer`)
    await bench.sandbox.press(ANNA, MANAGER, message_id, 'echo-bot')
    await bench.sandbox.waitFor(() => heardBy(ANNA).some(({ text }) => text.includes('Only admins of echo-bot')))
    expect(bench.queued).toEqual([])
  })

  test('is a stranger’s once there is none', async () => {
    const { message_id } = await offered()
    await revokes(`/revoke ${ANNA}`)
    // Never answered: it ends with the sandbox.
    void bench.sandbox.press(ANNA, MANAGER, message_id, 'echo-bot')
    await eventually(() => expect(bench.entries.some(({ message }) => message.includes('strangers'))).toBe(true))
    await bench.answer('/bots')
    expect(bench.queued).toEqual([])
    expect(heardBy(ANNA)).toHaveLength(1)
  })
})

test('a token that is awaited when the role is taken away is not used', async () => {
  await bench.answer(`/grant ${ANNA} owner`)
  await told(ANNA, '/addbot other https://example.org/e.git')
  await bench.answer(`/grant ${ANNA} viewer`)
  const other = bench.sandbox.addBot({ username: 'other_bot', name: 'Other' })
  expect(await told(ANNA, other.token)).toContain('Only owners may use /addbot')
  expect(await bench.answer('/bots')).not.toContain('other')
})

test('roles outlive a restart', async () => {
  await bench.answer(`/grant ${ANNA} viewer`)
  await bench.restart()
  expect(await told(ANNA, '/bots')).toContain('echo-bot')
})

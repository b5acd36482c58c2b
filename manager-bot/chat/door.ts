import type { Engine } from '../../deploy-engine/index.ts'
import { messageOf, TbsError } from '../../deploy-engine/index.ts'
import type { Command, CommandContext, Reply, Verbs } from '../command.ts'
import { line } from '../text/rich-text.ts'
import { keyboard } from './keyboard.ts'
import type { Incoming } from './message.ts'
import type { Progress } from './progress.ts'
import { awaitedIn, clearAwaited } from './records/awaited.ts'
import { type Speaking, say } from './say.ts'

/** What the chat's parts share. */
export type Door = {
  engine: Engine
  verbs: Verbs
  commands: readonly Command[]
  speaking: Speaking
  progress: Progress
  /** false: Redis can't be reached now. */
  enqueue(operation: number): Promise<boolean>
  countStranger(personId: number): void
  /** Of the manager's own bot, without the @. */
  username: string
}

export const contextOf = (door: Door, said: Incoming): CommandContext => {
  const { engine, verbs, commands, progress, enqueue } = door
  const whose = { chatId: said.place.chatId, personId: said.personId }
  return {
    engine,
    verbs,
    commands,
    door: 'chat',
    requestedBy: `telegram:${said.personId}`,
    follow: (operation) => progress.follow(operation, said.place),
    enqueue,
    forget: () =>
      engine.database.transaction(async (entities) => {
        const awaited = await awaitedIn(entities, whose, engine.clock.now())
        await clearAwaited(entities, whose)
        return awaited !== undefined
      }),
  }
}

/** Says what a command answered, with buttons for what it offers, and shows how its operation goes. */
export const sayReply = async (door: Door, { place, personId }: Incoming, reply: Reply): Promise<void> => {
  const { offers = [], operation } = reply
  const audience = { chatId: place.chatId, personId, messageId: null }
  const buttons = offers.length > 0 ? { keyboard: await keyboard(door.engine, audience, offers) } : {}
  await say(door.speaking, place, { ...reply, ...buttons })
  if (operation !== undefined) door.progress.wake(operation)
}

/** What can be put right is said as it is; a bug is logged and only mentioned. */
export const sayError = async ({ speaking }: Door, { place }: Incoming, error: unknown): Promise<void> => {
  if (error instanceof TbsError) {
    const hint = error.hint === undefined ? [] : [line(error.hint)]
    return say(speaking, place, { text: [line(error.message), ...hint] })
  }
  speaking.log.error({ err: error, chat: place.chatId }, `a command failed by a bug: ${messageOf(error)}`)
  return say(speaking, place, { text: [line("Internal error. The manager's log has the details.")] })
}

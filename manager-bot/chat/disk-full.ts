import { type Engine, messageOf, TbsError } from '../../deploy-engine/index.ts'
import { toHtml } from '../text/html.ts'
import { bold, command, line } from '../text/rich-text.ts'
import { owners } from './records/person.ts'
import { sendText } from './send.ts'
import type { Speaking } from './speaking.ts'

const AGAIN_MS = 30 * 60 * 1000

/**
 * Nothing is accepted that can't be written down first, so a full disk makes the manager look dead: it says so to the
 * owners, by itself, at most every half hour.
 */
export const diskFullNotice = (engine: Engine, speaking: Speaking): ((error: unknown) => Promise<void>) => {
  let saidAt = Number.NEGATIVE_INFINITY
  return async (error) => {
    const now = engine.clock.elapsed()
    if (!(error instanceof TbsError) || error.code !== 'disk_full' || now - saidAt < AGAIN_MS) return
    saidAt = now
    for (const { telegramId } of await owners(engine.database.read)) {
      const place = { chatId: telegramId, threadId: null, replyTo: null }
      // Not by the outbox, which needs the disk.
      await sendText(speaking.api, place, { html: toHtml(NOTICE), silent: false }).catch((failure) => {
        speaking.log.warn({ reason: messageOf(failure) }, 'the owner could not be told that the disk is full')
      })
    }
  }
}

const NOTICE = [
  line(bold('The disk of the server is full, so I can take no command.')),
  line('Your bots run on. What you send me is carried out when there is space again.'),
  line('Free some disk on the server, for example with ', command('prune'), ' there.'),
]

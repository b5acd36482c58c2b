import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { duration, secondsOf } from '../text/duration.ts'
import { moment } from '../text/moment.ts'
import { bold, command, line } from '../text/rich-text.ts'

const WHOM = 'the name of a bot, or host'
const FORM = 'a time from 1m to 30d, such as 30m, 1h or 2d; or off'
const LEAST = 60
const MOST = 30 * 86_400

const isBetween = (seconds = 0): boolean => seconds >= LEAST && seconds <= MOST

const MuteTime = z
  .string()
  .refine((text) => text === 'off' || isBetween(secondsOf(text)), FORM)
  .transform((text) => (text === 'off' ? 0 : (secondsOf(text) ?? 0)))
  .default(3600)

export const mute = defineCommand({
  name: 'mute',
  usage: '<bot> [time]',
  summary: 'Quiet the alerts of a bot for a while',
  details:
    'For 1 h unless told otherwise: 30m, 1h, 2d; off ends it. Nothing sounds and no new alert is told meanwhile; ' +
    'what is still wrong at its end is told then. The bot may be host, for alerts of the server itself.',
  example: 'echo-bot 30m',
  role: 'admin',
  args: ({ BotName, THE_HOST }) =>
    z.strictObject({ bot: z.union([BotName, z.literal(THE_HOST)], WHOM), time: MuteTime }),
  run: async ({ bot, time }, { engine, verbs, requestedBy }) => {
    const isHost = bot === verbs.THE_HOST
    const asked = { bot: isHost ? null : bot, forMs: time * 1000, by: requestedBy }
    const { until } = await verbs.mute(engine, asked)
    const who = bold(isHost ? 'The server' : bot)
    const data = { bot, until: time === 0 ? null : new Date(until).toISOString() }
    if (time === 0) return { text: [line(who, ' may be heard again.')], data }
    const calendar = { timezone: engine.settings.timezone, day: engine.clock.now() }
    return {
      text: [
        line(who, ` is muted until ${moment(until, calendar)} (${duration(time * 1000)}).`),
        line('To end that: ', command(`mute ${bot} off`)),
      ],
      data,
    }
  },
})

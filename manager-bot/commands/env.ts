import { z } from 'zod'
import type { BotSetting } from '../../deploy-engine/index.ts'
import { type CommandContext, defineCommand, type Offer, type Reply } from '../command.ts'
import { settingChange, shownValue } from '../setting-text.ts'
import { bold, code, command, type Line, line } from '../text/rich-text.ts'

export const env = defineCommand({
  name: 'env',
  usage: '<bot> [setting…]',
  summary: 'Show or change the variables of a bot that are no secrets',
  details:
    'Without a setting: all of them. Written KEY=value; KEY= with nothing behind it leaves it to the repository ' +
    'again. A change reaches the bot at its next start, and belongs to the release then: going back to an earlier ' +
    'one brings back what that had. Tokens and passwords are for /secret.',
  example: 'echo-bot LOG_LEVEL=debug',
  role: 'admin',
  reads: ({ setting = '' }) => !setting.includes('='),
  hides: ['setting'],
  onlyDatabase: true,
  args: ({ BotName, EnvKey }) => z.strictObject({ bot: BotName, setting: Assignment(EnvKey).optional() }),
  confirm: async ({ bot, setting }, { engine, verbs }) => {
    if (setting?.value === undefined) return undefined
    const { key, value } = setting
    const { now, next, repository } = await verbs.settingPreview(engine, { bot, key, value })
    const { settings } = await verbs.botSettings(engine, bot)
    const was = settings.find((one) => one.key === key)?.next
    return {
      text: [
        line(bold(`Change this setting of ${bot}?`)),
        settingChange(key, was, next),
        ...(now === was ? [] : [line('It runs with ', shownValue(now), ' now.')]),
        ...(repository === undefined || value === null ? [] : [line('The repository says ', shownValue(repository))]),
      ],
      yes: 'Apply',
      no: 'Leave it',
      input: { bot, setting: `${key}=${value ?? ''}` },
    }
  },
  run: ({ bot, setting }, context) => {
    if (setting?.value === undefined) return show(context, bot, setting?.key)
    return change(context, bot, { key: setting.key, value: setting.value })
  },
})

/** KEY, or KEY=value with or without quotes around the value. */
const Assignment = (EnvKey: z.ZodType<string, string>) =>
  z
    .string()
    .max(40_000, 'too long')
    .transform((text) => {
      const at = text.indexOf('=')
      if (at === -1) return { key: text, value: undefined }
      const value = text.slice(at + 1).replace(/^(["'])(.*)\1$|^“(.*)”$/s, '$2$3')
      return { key: text.slice(0, at), value: value === '' ? null : value }
    })
    .pipe(z.object({ key: EnvKey, value: z.string().nullish() }))

const change = async (
  { engine, verbs }: CommandContext,
  bot: string,
  { key, value }: { key: string; value: string | null },
): Promise<Reply> => {
  const { settings, release } = await verbs.botSettings(engine, bot)
  const was = settings.find((one) => one.key === key)?.next
  const { next } = await verbs.setSetting(engine, { bot, key, value })
  const text = [line(bold(bot)), settingChange(key, was, next)]
  const data = { bot, key, was: was ?? null, is: next ?? null }
  if (release === undefined) return { text: [...text, line('Its first version has it.')], data }
  const used = line('What runs is as it was: a setting reaches a bot when it is started.')
  return { text: [...text, used], offers: [RESTART(bot)], data }
}

const RESTART = (bot: string): Offer => ({ label: 'Restart', command: 'restart', input: { bot }, style: 'primary' })

const show = async ({ engine, verbs }: CommandContext, bot: string, key: string | undefined): Promise<Reply> => {
  const { settings, release, bot: whole } = await verbs.botSettings(engine, bot)
  const wanted = settings.filter((one) => key === undefined || one.key === key)
  const own = wanted.filter((one) => whole.env[one.key] !== undefined)
  const others = wanted.filter((one) => whole.env[one.key] === undefined)
  const pending = release === undefined ? [] : settings.filter(({ now, next }) => now !== next)
  const about = { isDeployed: release !== undefined }
  return {
    text: [
      ...(wanted.length === 0 ? [line(`${key ?? 'Nothing'} is not set for ${bot}.`)] : []),
      ...(own.length > 0 ? [line(bold(`Set for ${bot}`)), ...own.map((one) => settingLine(one, about))] : []),
      ...(others.length > 0
        ? [line(bold('Set by its repository')), ...others.map((one) => settingLine(one, about))]
        : []),
      line('To change one: ', command(`env ${bot} KEY=value`)),
    ],
    ...(pending.length > 0 && { offers: [RESTART(bot)] }),
    data: wanted.map(({ key, next, now }) => ({ key, value: next ?? null, running: now ?? null })),
  }
}

const settingLine = ({ key, next, now }: BotSetting, { isDeployed }: { isDeployed: boolean }): Line =>
  line(
    code(key),
    ' = ',
    shownValue(next),
    ...(!isDeployed || now === next ? [] : [' · at the next start; now ', shownValue(now)]),
  )

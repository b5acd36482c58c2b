import { TbsError } from '../../error.ts'
import { botSecrets } from '../../operations/secrets.ts'
import type { Engine, WebhookInfo } from '../../ports.ts'
import { allBots, type Bot } from '../../records/bot.ts'
import { botsToRun } from '../bots-to-run.ts'
import type { Seen } from './examine.ts'

/** Whether Telegram takes each bot's token, which account it is of, and whether a webhook keeps it from hearing. */
export const lookAtAccounts = async (engine: Engine, signal: AbortSignal): Promise<Seen | Seen[]> => {
  const bots = await allBots(engine.database.read)
  const accounts = await Promise.all(bots.map((bot) => accountOf(engine, bot, signal)))
  const seen = [
    ...accounts.flatMap(({ problem }) => (problem ? [problem] : [])),
    ...sameAccount(accounts, engine.settings.ownAccount),
    ...(await webhooks(engine, accounts)),
  ]
  if (seen.length > 0) return seen
  return { state: 'ok', found: bots.length === 0 ? 'There are no bots' : 'Telegram takes the token of each bot' }
}

type Account = { bot: Bot; id?: number; webhook?: WebhookInfo; problem?: Seen }

const accountOf = async (engine: Engine, bot: Bot, signal: AbortSignal): Promise<Account> => {
  try {
    const { token } = await botSecrets(engine, bot)
    const [{ id }, webhook] = await Promise.all([
      engine.telegram.getMe(token, signal),
      engine.telegram.webhookInfo(token, signal),
    ])
    return { bot, id, webhook }
  } catch (error) {
    // Said once, by whoever could not check anything.
    if (!(error instanceof TbsError) || error.code === 'telegram_unreachable') throw error
    return { bot, problem: refusal(bot, error) }
  }
}

const refusal = ({ name }: Bot, { code, message }: TbsError): Seen =>
  code === 'token_refused'
    ? {
        state: 'bad',
        found: `Telegram refuses the token of ${name}`,
        consequence: 'It hears nobody and can say nothing',
        fix: `Get its current token from @BotFather, then: /set ${name} token`,
      }
    : {
        state: 'bad',
        found: message,
        consequence: `${name} can’t be started again`,
        fix: `Set it anew: /set ${name} token`,
      }

const OWN = 'the manager itself'

const sameAccount = (accounts: readonly Account[], ownAccount: number | undefined): Seen[] => {
  const users = new Map<number, string[]>(ownAccount === undefined ? [] : [[ownAccount, [OWN]]])
  for (const { id, bot } of accounts) if (id !== undefined) users.set(id, [...(users.get(id) ?? []), bot.name])
  return [...users.values()]
    .filter((names) => names.length > 1)
    .map((names) => ({
      state: 'bad',
      found: `${names.join(' and ')} use the same account of Telegram`,
      consequence: 'Each takes some of what the other should hear',
      fix: `Give each a token of its own: /set ${names.find((name) => name !== OWN) ?? ''} token`,
    }))
}

const LATELY_MS = 3600_000

// Whoever asks for updates while a webhook is set is refused; whoever is called has a way in from outside.
const webhooks = async (engine: Engine, accounts: readonly Account[]): Promise<Seen[]> => {
  const running = await botsToRun(engine)
  return accounts.flatMap(({ bot, webhook }) => {
    const release = running.find((one) => one.bot.id === bot.id)?.release
    if (!release || !webhook?.url) return []
    const { url, pending, lastErrorAt = 0, lastError = 'an error' } = webhook
    const host = URL.canParse(url) ? new URL(url).host : url
    const fails = engine.clock.now() - lastErrorAt < LATELY_MS
    const isClosed = release.plan.ports.length === 0 && release.plan.networks.length === 0
    if (!isClosed && !fails) return []
    const waits = pending > 0 ? `, and ${pending} updates wait` : ''
    const why = fails ? `Telegram can’t deliver there (${lastError})` : 'nothing from outside can reach the bot'
    return {
      state: pending > 0 ? 'bad' : 'warn',
      found: `${bot.name} has a webhook at ${host}, but ${why}${waits}`,
      consequence: 'While it is set, nobody can ask for its updates: a bot that polls hears nothing',
      fix: 'If the bot polls, have it delete its webhook, or call deleteWebhook with its token once',
    }
  })
}

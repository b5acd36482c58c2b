import type { BotStatus } from '../deploy-engine/index.ts'
import { mayUse } from './access.ts'
import type { CommandContext, Input, Offer, Offers } from './command.ts'
import { paged } from './paged.ts'

type Asking = Pick<CommandContext, 'commands' | 'access'>

/** What can be done with a bot as it is now, by whoever asks. The panel stays; only looking elsewhere replaces it. */
export const botPanel = ({ bot, state, release, operations }: BotStatus, asking: Asking): Offers => {
  const { name } = bot
  const act = (label: string, command: string, more: Partial<Offer> = {}): Offer => ({
    label,
    command,
    input: { bot: name },
    fate: 'stays',
    ...more,
  })
  const runs = state === 'live' || state === 'unproven' || state === 'restarting' || state === 'paused'
  const rows: Offer[][] = [
    [
      ...(release && !runs ? [act('Run', 'run', { style: 'primary' })] : []),
      act('Deploy', 'deploy', release && !runs ? {} : { style: 'primary' }),
      ...(runs ? [act('Restart', 'restart'), act('Stop', 'stop')] : []),
    ],
    [
      ...(release && release.number > 1 ? [act('Roll back', 'rollback')] : []),
      ...(release ? [act('Logs', 'logs'), act('Releases', 'releases')] : []),
      ...(bot.lock ? [act('Unlock', 'unlock')] : []),
    ],
    operations.map(({ id }) => act(`Cancel #${id}`, 'cancel', { input: { bot: name, operation: String(id) } })),
    [view('⟳ Refresh', 'status', { bot: name }), view('‹ All bots', 'bots')],
  ]
  return rows.map((row) => row.filter((offer) => isFor(offer, asking))).filter((row) => row.length > 0)
}

/** The bots that a page shows, each a button to its panel. */
export const botsPanel = (names: readonly string[], page: string | undefined) => {
  const turn = (number: number, label: string) => view(label, 'bots', { page: String(number) })
  const { rows, shown } = paged(
    names.map((bot) => view(bot, 'status', { bot })),
    { page, turn },
  )
  return { offers: [...rows, [view('⟳ Refresh', 'bots', page === undefined ? {} : { page })]], shown }
}

const view = (label: string, command: string, input: Input = {}): Offer => ({ label, command, input, fate: 'replaced' })

const isFor = ({ command, input }: Offer, { commands, access }: Asking): boolean => {
  const wanted = commands.find(({ name }) => name === command)
  return wanted !== undefined && mayUse(wanted, input, access)
}

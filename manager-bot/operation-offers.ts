import { isOver, type Operation, type OperationView } from '../deploy-engine/index.ts'
import type { Offer, Offers } from './command.ts'

/** What an operation's message offers: to stop it while it goes on, afterwards whatever one may want next. */
export const operationOffers = (view: OperationView): Offers => {
  const { operation } = view
  if (!isOver(operation)) return operation.cancelRequested ? [] : [cancelOffer(view)]
  const next =
    operation.state === 'failed' ? afterFailure(view) : operation.state === 'succeeded' ? afterwards(view) : []
  return [...missingOffers(view), ...(next.length > 0 ? [next] : []), ...volumeOffers(view)]
}

const cancelOffer = ({ operation, bot }: OperationView): Offer => ({
  label: 'Cancel',
  command: 'cancel',
  input: { bot: bot.name, operation: String(operation.id) },
})

const afterwards = ({ operation, bot }: OperationView): Offer[] => {
  const { outcome, kind } = operation
  if (outcome?.stopped !== undefined) return [stays('Run', 'run', { bot: bot.name })]
  if (kind === 'backup') return [stays('Backups', 'backups', { bot: bot.name })]
  if (outcome?.release === undefined) return []
  // Without a gap nothing was replaced: there is nothing to go back to.
  const isBack = kind === 'deploy' && outcome.gapMs !== undefined
  return [logsOffer(bot.name), ...(isBack ? [stays('Roll back', 'rollback', { bot: bot.name })] : [])]
}

// The log of a build that failed came with the alarm; the bot's own is that of the version which runs on.
const afterFailure = ({ operation, bot }: OperationView): Offer[] => {
  const again = AGAIN[operation.kind]?.(operation.args)
  const isRunning = typeof operation.outcome?.running === 'number'
  return [
    ...(again ? [{ label: 'Try again', command: operation.kind, input: { bot: bot.name, ...again } }] : []),
    ...(isRunning ? [logsOffer(bot.name)] : []),
  ]
}

const AGAIN: Partial<Record<Operation['kind'], (args: Operation['args']) => Offer['input'] | undefined>> = {
  deploy: ({ ref }) => (ref === undefined ? {} : { ref }),
  rollback: ({ release }) => (release === undefined ? {} : { release: `v${release}` }),
  restart: ({ volume }) => (volume === undefined ? {} : undefined),
  run: () => ({}),
  stop: () => ({}),
  backup: () => ({}),
}

const logsOffer = (bot: string): Offer => stays('Logs', 'logs', { bot })

const stays = (label: string, command: string, input: Offer['input']): Offer => ({
  label,
  command,
  input,
  fate: 'stays',
})

/** What the new version died for. */
const missingOffers = ({ operation, bot }: OperationView): Offer[] =>
  (operation.outcome?.missing?.names ?? []).slice(0, MOST_MISSING).map((name) => ({
    ...stays(`Set ${name}`, 'secret', { bot: bot.name, key: name }),
    style: 'primary',
  }))

const MOST_MISSING = 6

/** To keep data that would otherwise die with its container. */
const volumeOffers = ({ operation, bot }: OperationView): Offer[] =>
  (operation.outcome?.outside ?? [])
    .filter((directory) => !bot.volumes.includes(directory))
    .map((directory) => ({
      label: `Keep ${directory} in a volume`,
      command: 'volume',
      input: { bot: bot.name, path: directory },
    }))

import { isOver, type OperationView } from '../deploy-engine/index.ts'
import type { Offer } from './command.ts'

/** What an operation's message offers to do next: keep data that would otherwise die with its container. */
export const operationOffers = ({ operation, bot }: OperationView): Offer[] => {
  const directories = isOver(operation) ? (operation.outcome?.outside ?? []) : []
  return directories
    .filter((directory) => !bot.volumes.includes(directory))
    .map((directory) => ({
      label: `Keep ${directory} in a volume`,
      command: 'volume',
      input: { bot: bot.name, path: directory },
    }))
}

import type { Release } from '../records/release.ts'
import type { Run } from './journal.ts'

/**
 * The bot's own settings as this operation starts a release with them: today's, except on the way to another release,
 * which gets back those that it last ran with.
 */
export const settingsFor = ({ bot, operation }: Pick<Run, 'bot' | 'operation'>, { env }: Pick<Release, 'env'>) =>
  operation.kind === 'rollback' || operation.kind === 'restore' ? (env ?? bot.env) : bot.env

/** A release as it is run for this bot: what a person set comes before what the repository sets. */
export const withOwnSettings = (run: Pick<Run, 'bot' | 'operation'>, release: Release): Release => ({
  ...release,
  plan: { ...release.plan, env: { ...release.plan.env, ...settingsFor(run, release) } },
})

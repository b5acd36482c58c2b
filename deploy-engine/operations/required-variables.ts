import type { MissingVariables } from '../container/missing-variables.ts'
import { TbsError } from '../error.ts'
import type { BuildPlan } from '../image/plan.ts'
import type { Run } from './journal.ts'
import { settingsFor } from './own-settings.ts'
import { botSecrets } from './secrets.ts'

/** Known before anything is built. */
export class RequiredError extends TbsError {
  readonly missing: MissingVariables

  constructor(bot: string, missing: MissingVariables) {
    super('missing_variables', `${bot} would start without ${missing.names.join(', ')}`, {
      hint: `${missing.line}. Nothing was built. Set each with /secret ${bot} <key>, or /env ${bot} <key>=<value>`,
    })
    this.missing = missing
  }
}

/** Fails with `missing_variables` for what tbs.yaml says that the bot needs, and that has no value. */
export const refuseMissing = async (run: Run, { required, release }: BuildPlan): Promise<void> => {
  if (!required) return
  const { variables } = await botSecrets(run.engine, run.bot)
  const open = { ...release.env, ...settingsFor(run, { env: null }) }
  const has = (name: string) => name === release.tokenEnv || Boolean(open[name] || variables[name]?.reveal())
  const names = required.names.filter((name) => !has(name))
  if (names.length === 0) return
  throw new RequiredError(run.bot.name, {
    names,
    line: `${required.place} asks for ${names.length === 1 ? 'it' : 'them'}`,
  })
}

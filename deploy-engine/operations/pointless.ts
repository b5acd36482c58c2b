import { TbsError } from '../error.ts'
import type { Bot } from '../records/bot.ts'

// Refused because there is nothing to do: in the same words when it is asked for and when its turn has come.

type Named = Pick<Bot, 'name'>

export const notDeployed = ({ name }: Named) =>
  new TbsError('not_deployed', `${name} has no version yet`, { hint: `/deploy ${name}` })

export const alreadyStopped = ({ name }: Named) =>
  new TbsError('already_stopped', `${name} is stopped already`, { hint: `Start it with /run ${name}` })

export const alreadyRunning = ({ name }: Named) =>
  new TbsError('already_running', `${name} runs already`, {
    hint: `A fresh start: /restart ${name}. A new version: /deploy ${name}`,
  })

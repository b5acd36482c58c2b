import { BotName, botNames, type Engine, TbsError } from '../../../deploy-engine/index.ts'
import { code, line } from '../../text/rich-text.ts'
import type { Step } from './step.ts'

export const nameStep: Step = {
  ask: ({ answers: { name } }) => ({
    title: 'Name',
    text: [
      line('What shall I call it? Lower-case letters, digits and dashes, such as ', code('weather-bot')),
      line('Its name in Telegram stays as it is.'),
      ...(name === undefined ? [] : [line(`Until now: ${name}`)]),
    ],
    choices: [],
  }),
  hear: async (text, { answers, engine }) => {
    const name = text.trim()
    await nameIsFree(engine, name)
    return { answers: { ...answers, name } }
  },
}

/** Fails with `bad_value` or `name_taken`. */
export const nameIsFree = async (engine: Engine, name: string): Promise<void> => {
  const { success, error } = BotName.safeParse(name)
  if (!success) throw new TbsError('bad_value', `${error.issues[0]?.message}`)
  if (!(await botNames(engine)).includes(name)) return
  throw new TbsError('name_taken', `There is a bot named ${name} already`, { hint: 'Choose another name' })
}

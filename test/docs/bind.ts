import * as verbs from '../../deploy-engine/index.ts'
import { commands } from '../../manager-bot/commands/index.ts'
import { inputOf, splitWords } from '../../manager-bot/words.ts'

/** Throws unless there is such a command and it takes these words. A name alone is taken: the rest is asked for. */
export const checkChat = (text: string): void => {
  const [name = '', ...words] = splitWords(withSamples(text.slice(1)))
  if (!commands.some((command) => command.name === name)) throw new Error(`there is no /${name}`)
  boundByTable(name, words)
}

/** The same for a verb that the terminal has beside the table: nothing is held against that. */
export const boundByTable = (name: string, words: readonly string[]): void => {
  const command = commands.find((one) => one.name === name)
  if (command && words.length > 0) command.bind(inputOf(command, words, verbs), verbs)
}

/** A usage as somebody would type it: with all that is optional, and something in each place that is left open. */
export const withSamples = (text: string): string =>
  text.replace(/[<[]([\w=]+)[\]>]/g, (_, name: string) => SAMPLES[name] ?? name).replace(/[[\]]/g, '')

const SAMPLES: Record<string, string> = {
  bot: 'my-bot',
  ref: 'main',
  release: 'v3',
  operation: '7',
  backup: '12',
  id: '12',
  incident: '3',
  lines: '50',
  time: '1h',
  key: 'API_KEY',
  'KEY=value': 'LOG_LEVEL=debug',
  'key=value': 'memory=256m',
  path: '/app/data',
  person: '123456789',
  role: 'admin',
  command: 'deploy',
  reason: 'release freeze',
  repo: 'https://github.com/me/my-bot.git',
  url: 'https://github.com/me/my-bot.git',
  name: 'my-bot',
  branch: 'main',
  dir: 'bots/my-bot',
  directory: '/app/data',
  verb: 'bots',
  version: '1.4.0',
  text: 'timeout',
  error: 'disk full',
}

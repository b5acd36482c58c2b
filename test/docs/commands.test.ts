import { describe, expect, test } from 'vitest'
import { createProgram } from '../../manager-bot/terminal/program.ts'
import { checkChat } from './bind.ts'
import { brokenLinks, commandsOf, everyCommand, FOREIGN } from './pages.ts'
import { checkShell } from './parse-shell.ts'

// What README and guides tell people to type is taken by the real programs. What is also run: run-commands.test.ts.

const VERBS = createProgram().commands.map((verb) => verb.name())
const told = everyCommand(VERBS)

describe('every command of README and guides is taken:', () => {
  const seen = new Map(told.map((one) => [`${one.page}: ${one.text}`, one]))
  test.each([...seen])('%s', (_, { where, text }) => (where === 'chat' ? checkChat(text) : checkShell(text)))
})

test('every link leads to a page and a heading of ours', () => {
  expect(brokenLinks()).toEqual([])
})

test('they are found where they are', () => {
  const found = told.map(({ page, text }) => `${page}: ${text}`)
  expect(found).toEqual(
    expect.arrayContaining([
      'README.md: /deploy echo-bot main',
      'README.md: npm start',
      'README.md: tbs-manager deploy my-bot main',
      'docs/people.md: /grant invite admin echo-bot',
      'docs/adding-a-bot.md: tbs-manager addbot my-bot https://github.com/me/my-bot.git < token',
      'docs/watching-the-manager.md: tbs-manager healthcheck',
      'docs/importing.md: tbs-manager import /opt/my-bot --repo https://github.com/me/my-bot.git --dry-run',
    ]),
  )
})

test('no other program is in the list than those that are named', () => {
  const programs = told.flatMap(({ where, text }) => (where === 'shell' ? text.split(/\s*(?:&&|\|)\s*/) : []))
  const named = new Set(programs.map((part) => part.split(' ')[0]))
  expect(Object.keys(FOREIGN).filter((program) => !named.has(program))).toEqual([])
})

test.each([
  ['`/deplyo my-bot`', 'there is no /deplyo'],
  ['`/deploy my-bot main --now`', 'has no option --now'],
  ['`/logs my-bot many`', 'lines'],
  ['`tbs-manager deplyo my-bot`', 'unknown command'],
  ['`tbs-manager doctor --mend`', 'unknown option'],
  ['`tbs-manager backup verify`', 'missing required argument'],
  ['`tbs-manager bots extra`', 'too many arguments'],
  ['`tbs-manager validate . --host root@203.0.113.7`', 'not for --host'],
  ['`docker exec tbs-manager tbs-manager deploy Echo!`', 'a bot name is'],
  ['```sh\nnpm run nothing\n```\n', 'no script nothing'],
  ['```sh\nkubectl get pods\n```\n', 'kubectl is neither ours'],
  ['```sh\ncp docker/nothing.sh /etc\n```\n', 'there is no docker/nothing.sh'],
])('a wrong one is seen: %s', (markdown, why) => {
  const [one] = commandsOf(markdown, VERBS)
  expect(() => (one?.where === 'chat' ? checkChat(one.text) : checkShell(one?.text ?? ''))).toThrow(why)
})

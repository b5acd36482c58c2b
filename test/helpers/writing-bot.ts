import { type Behaviour, fixtureBot } from './fixture-bot.ts'

/**
 * A bot that writes into a database of its own all the time, each row with one in another table in the same
 * transaction, beside `megabytes` of other data.
 */
export const writingBot = (behaviour: Behaviour, megabytes: number): Record<string, string> => ({
  ...fixtureBot(behaviour),
  'first.js': FIRST.replace('MEGABYTES', String(megabytes)),
  'tbs.yaml': 'gate: { ready: 30s, stable: 1s }\nrun: { command: node first.js, volumes: [/app/data] }\n',
})

const FIRST = `
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
mkdirSync('/app/data', { recursive: true })
for (let part = 0; part < MEGABYTES / 10; part++) {
  if (!existsSync('/app/data/part-' + part)) writeFileSync('/app/data/part-' + part, randomBytes(10_000_000))
}
const database = new DatabaseSync('/app/data/bot.db')
database.exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 1000')
database.exec('CREATE TABLE IF NOT EXISTS one (id INTEGER PRIMARY KEY, text TEXT)')
database.exec('CREATE TABLE IF NOT EXISTS other (id INTEGER PRIMARY KEY, text TEXT)')
setInterval(() => {
  database.exec('BEGIN')
  database.exec("INSERT INTO one (text) VALUES (hex(randomblob(400)))")
  database.exec("INSERT INTO other (text) VALUES (hex(randomblob(400)))")
  database.exec('COMMIT')
}, 2)
await import('./bot.js')
`

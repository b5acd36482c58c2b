import { type Behaviour, fixtureBot } from './fixture-bot.ts'

/** Where it writes, and what makes it end at its start, if it is in the data. */
export const DATA = '/app/data'
export const POISON = `${DATA}/poison`

/** A fixture bot that writes a row into an SQLite database in a volume, and commits it, 50 times a second. */
export const rowsBot = (behaviour: Behaviour): Record<string, string> => {
  const files = fixtureBot(behaviour)
  return {
    ...files,
    'tbs.yaml': 'gate: { ready: 20s, stable: 1s }\n',
    'bot.js': `import './rows.js'\n${files['bot.js']}`,
    'rows.js': ROWS,
    'count.js': COUNT,
  }
}

const ROWS = `
import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

if (existsSync('${POISON}')) throw new Error('poisoned data')
const database = new DatabaseSync('${DATA}/rows.sqlite')
database.exec('PRAGMA journal_mode = WAL')
database.exec('CREATE TABLE IF NOT EXISTS rows (n INTEGER PRIMARY KEY, life TEXT, text TEXT)')
const insert = database.prepare('INSERT INTO rows (life, text) VALUES (?, ?)')
const life = String(process.hrtime.bigint())
setInterval(() => insert.run(life, 'x'.repeat(200)), 20)
`

// One line: how many rows each life of the bot has written, oldest life first, or why the database can't be read.
const COUNT = `
import { DatabaseSync } from 'node:sqlite'
const database = new DatabaseSync('${DATA}/rows.sqlite')
const [{ integrity_check: check }] = database.prepare('PRAGMA integrity_check').all()
const lives = database.prepare('SELECT count(*) AS rows FROM rows GROUP BY life ORDER BY min(n)').all()
console.log(JSON.stringify({ check, lives: lives.map(({ rows }) => rows) }))
`

// Stands for a manager in tests of its replacement: it takes the data dir, changes the database, and says who it is.
import { appendFileSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const { TBS_DATA_DIR: dataDir = '', FAKE_VERSION: version = '', FAKE_DOES: does } = process.env
const socket = join(dataDir, 'manager.sock')
const note = (what) => appendFileSync(join(dataDir, 'what-happened'), `${version} ${what}\n`)

const inUse = await new Promise((resolve) => {
  const other = connect(socket)
  other.once('connect', () => resolve(true))
  other.once('error', () => resolve(false))
})
if (inUse) {
  note('finds another one')
  process.exit(9)
}
rmSync(socket, { force: true })
let polls = false
const server = createServer((asker) => asker.on('error', () => {}).end(JSON.stringify({ version, polls })))
server.listen(socket)

const database = new DatabaseSync(join(dataDir, 'tbs.sqlite'))
database.exec('PRAGMA journal_mode = WAL')
database.exec('CREATE TABLE IF NOT EXISTS migrations (id INTEGER PRIMARY KEY, name TEXT)')
database.exec('CREATE TABLE IF NOT EXISTS bots (id INTEGER PRIMARY KEY, name TEXT)')
database.exec('CREATE TABLE IF NOT EXISTS operations (id INTEGER PRIMARY KEY, kind TEXT, state TEXT, bot_id INTEGER)')
database
  .prepare('INSERT INTO migrations (name) SELECT ? WHERE ? NOT IN (SELECT name FROM migrations)')
  .run(version, version)
if (does === 'fails') throw new Error('a migration fails half-way')
if (does === 'exits') process.exit(3)
polls = does !== 'deaf'
note('runs')

process.once('SIGTERM', () => {
  note('stops')
  process.exit(0)
})

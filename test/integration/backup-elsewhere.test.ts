import { createHash } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Installation, installation, OWNER } from '../helpers/installation.ts'
import { databaseShows, rows } from '../helpers/journal.ts'

let here: Installation
let elsewhere: string

type Row = { id: number; file: string; sha256: string }

const OF_BOT = "SELECT id, file, sha256 FROM backups WHERE bot_name = 'my-bot'"

const newest = async (): Promise<Row | undefined> => (await rows<Row>(here.dataDir, `${OF_BOT} ORDER BY id DESC`))[0]

const hashOf = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')

/** What TBS_BACKUP_CMD runs: it takes the file away, or fails when it is told to. */
const SCRIPT = `#!/bin/sh
[ -e "$1/broken" ] && { echo "no such remote" >&2; exit 4; }
cp "$2" "$1/$TBS_BACKUP_ID-$TBS_BACKUP_BOT"
`

beforeAll(async () => {
  here = await installation()
  elsewhere = join(here.directory, 'else where')
  await mkdir(elsewhere)
  const program = join(here.directory, 'bring')
  await writeFile(program, SCRIPT)
  await chmod(program, 0o755)
  here.env.TBS_BACKUP_CMD = JSON.stringify([program, elsewhere])
  await here.start()
  await here.addBot('my-bot', await here.repo('bot'))
}, 60_000)

afterAll(() => here.close())

const taken = (state: string) =>
  databaseShows(here.dataDir, {
    query: `${OF_BOT} AND copies LIKE '%"${state}"%'`,
    what: `a copy is ${state}`,
  })

test('a finished backup is taken elsewhere by a program, and /backups says so', { timeout: 120_000 }, async () => {
  const asked = here.say('/backup my-bot')
  const { text } = await here.reads(/Backup \d+ of/, { after: asked })
  expect(text).toMatch(/^Backed up my-bot/)
  await taken('done')
  const made = await newest()
  expect(await readdir(elsewhere)).toContain(`${made?.id}-my-bot`)
  expect(await hashOf(join(elsewhere, `${made?.id}-my-bot`))).toBe(made?.sha256)
  const listed = here.say('/backups my-bot')
  const list = await here.reads(/Backups of my-bot/, { after: listed })
  expect(list.text).toMatch(
    /asked for · not verified yet\n– backups\/my-bot\/my-bot-.*\.tar\.gz\.age; taken elsewhere by TBS_BACKUP_CMD/,
  )
})

test('that it could not be taken is told at the backup, which is as good as before', { timeout: 120_000 }, async () => {
  await writeFile(join(elsewhere, 'broken'), '')
  const asked = here.say('/backup my-bot')
  await here.reads(/Backup \d+ of/, { after: asked })
  await taken('failed')
  const listed = here.say('/backups my-bot')
  const { text } = await here.reads(/Backups of my-bot/, { after: listed })
  expect(text).toContain('; TBS_BACKUP_CMD failed: ')
  expect(text).toContain('ended with code 4: no such remote')
})

test('a button sends the file into the chat', { timeout: 120_000 }, async () => {
  const { message_id, buttons } = await here.reads(/Backups of my-bot/)
  const made = await newest()
  void here.sandbox.press(OWNER, here.manager.username, message_id, `Send ${made?.id} here`)
  expect(buttons.flat().map(({ text }) => text)).toContain(`Send ${made?.id} here`)
  const sent = await here.reads(new RegExp(`^Backup ${made?.id} of my-bot, encrypted`))
  expect(sent.document?.file_name).toMatch(/^my-bot-.*\.tar\.gz\.age$/)
  const content = sent.document?.content ?? Buffer.alloc(0)
  expect(createHash('sha256').update(content).digest('hex')).toBe(made?.sha256)
})

test('the terminal copies it out, checked, and overwrites nothing', { timeout: 120_000 }, async () => {
  const made = await newest()
  const file = join(here.directory, 'copy.age')
  const id = String(made?.id)
  expect(await here.terminal(['backup', 'download', id, '--output', file])).toEqual({ code: 0, output: `${file}\n` })
  expect(await hashOf(file)).toBe(made?.sha256)
  const again = await here.terminal(['backup', 'download', id, '--output', file])
  expect(again.code).toBe(1)
  expect(again.output).toContain('is there already')
  expect((await here.terminal(['backup', 'download', '999'])).output).toContain('There is no backup 999')

  const path = join(here.dataDir, made?.file ?? '')
  const content = await readFile(path)
  content[content.length - 1] = (content.at(-1) ?? 0) ^ 1
  await writeFile(path, content)
  const altered = join(here.directory, 'altered.age')
  const refused = await here.terminal(['backup', 'download', id, '--output', altered])
  expect(refused.output).toContain('is not what it was when it was made')
  expect(await readdir(here.directory)).not.toContain('altered.age')
})

test('the manager itself is backed up by hand, too', { timeout: 120_000 }, async () => {
  const asked = here.say('/backup host')
  const { text } = await here.reads(/of the manager itself/, { after: asked })
  expect(text).toMatch(/Backup \d+ of the manager itself, .* backups\/host\/host-/)
})

import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { addBot, backUpState, backupList, Secret } from '../../../../deploy-engine/index.ts'
import { workbench } from '../../../helpers/engine.ts'
import { askSqlite, openBackup } from '../../../helpers/open-backup.ts'

test('a backup of the manager holds its database as it is, and the keys, for nobody without a key', async () => {
  const bench = await workbench()
  onTestFinished(() => bench.close())
  const { engine, settings, sandbox } = bench
  const { token } = sandbox.addBot({ username: 'state_fixture_bot' })
  await addBot(engine, { name: 'my-bot', repo: 'https://localhost/x.git', token: new Secret(token) })
  // While others write.
  const writing = Promise.all(
    Array.from({ length: 20 }, () => engine.database.transaction((entities) => entities.query('SELECT 1'))),
  )
  const { signal } = new AbortController()
  const backup = await backUpState(engine, 'asked', signal)
  await writing
  const [listed] = await backupList(engine, 'host')
  expect(listed).toMatchObject({ id: backup.id, bot: 'host', state: 'good', cause: 'asked', botName: null })
  expect((await stat(listed?.path ?? '')).mode & 0o777).toBe(0o600)
  expect((await readFile(listed?.path ?? '')).subarray(0, 21).toString()).toBe('age-encryption.org/v1')
  expect(await engine.files.names(join(settings.dataDir, 'tmp'))).toEqual([])

  const opened = await openBackup(listed?.path ?? '', `${settings.keyFile}.age`)
  onTestFinished(() => rm(opened.directory, { recursive: true }))
  expect(opened.manifest).toMatchObject({ state: true, instance: settings.instance })
  const database = join(opened.directory, 'tbs.sqlite')
  expect(await askSqlite(database, 'PRAGMA integrity_check')).toBe('ok')
  expect(await askSqlite(database, 'SELECT name FROM bots')).toBe('my-bot')
  const key = await readFile(join(opened.directory, 'keys/master.key'), 'utf8')
  expect(key).toBe(await readFile(settings.keyFile, 'utf8'))
})

test('one that fails leaves nothing', async () => {
  const bench = await workbench()
  onTestFinished(() => bench.close())
  const { engine, settings } = bench
  const gone = new AbortController()
  gone.abort(new Error('the manager ends'))
  await expect(backUpState(engine, 'asked', gone.signal)).rejects.toThrow()
  expect(await backupList(engine)).toEqual([])
  expect(await engine.files.names(join(settings.dataDir, 'backups/host'))).toEqual([])
  expect(await engine.files.names(join(settings.dataDir, 'tmp'))).toEqual([])
})

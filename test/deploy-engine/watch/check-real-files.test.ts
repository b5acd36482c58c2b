import { readFile, rm, writeFile } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import { type BackupView, backUpState, backupList, importBackup } from '../../../deploy-engine/index.ts'
import { checkInTurn } from '../../../deploy-engine/watch/check-in-turn.ts'
import { lookAtFiles } from '../../../deploy-engine/watch/faulty-backups.ts'
import { archiveOf } from '../../helpers/archives.ts'
import { workbench } from '../../helpers/engine.ts'

test('real files are really read: one altered byte, one byte less and no file are found, one by one', async () => {
  const bench = await workbench()
  onTestFinished(() => bench.close())
  // A quarter of an hour passes whenever it is looked at.
  let ahead = 0
  const clock = { ...bench.engine.clock, elapsed: () => (ahead += 15 * 60_000) }
  const engine = { ...bench.engine, clock }
  const { signal } = new AbortController()
  const { file, identity } = await archiveOf()
  const { path, id } = await importBackup(engine, { file, key: identity, signal })
  await backUpState(engine, 'asked', signal)
  const [own] = await backupList(engine, 'host')
  const whole = await readFile(path)

  const checkBoth = async (): Promise<BackupView[]> => {
    await engine.database.read.query('UPDATE backups SET checked_at = NULL, fault = NULL, state = ?', ['good'])
    const check = checkInTurn(engine, signal)
    for (const _ of [1, 2]) await check()
    return backupList(engine)
  }
  const faults = (all: BackupView[]) => all.map(({ bot, fault, state }) => ({ bot, fault, state }))
  const GOOD_HOST = { bot: 'host', fault: null, state: 'good' }
  const ofBot = (all: BackupView[]) => faults(all).find(({ bot }) => bot === 'my-bot')

  const good = await checkBoth()
  expect(good.every(({ checkedAt }) => checkedAt !== null)).toBe(true)
  expect(faults(good)).toEqual(expect.arrayContaining([GOOD_HOST, { ...GOOD_HOST, bot: 'my-bot' }]))
  expect((await lookAtFiles(engine)).state).toBe('good')

  const altered = Buffer.from(whole)
  altered[whole.length - 100] = (altered[whole.length - 100] ?? 0) ^ 1
  await writeFile(path, altered)
  expect(ofBot(await checkBoth())).toMatchObject({ state: 'damaged', fault: expect.stringMatching(/altered/) })

  await writeFile(path, whole.subarray(0, whole.length - 1))
  expect(ofBot(await checkBoth())).toMatchObject({ state: 'damaged', fault: expect.stringMatching(/cut short/) })
  expect(await lookAtFiles(engine)).toMatchObject({
    state: 'bad',
    found: `Backup ${id} of my-bot can’t be restored: The backup was cut short, or its end was altered`,
  })

  await writeFile(path, whole)
  await writeFile(own?.path ?? '', 'rubbish')
  expect(faults(await checkBoth()).find(({ bot }) => bot === 'host')).toMatchObject({ state: 'damaged' })
  await rm(path)
  expect(ofBot(await checkBoth())).toMatchObject({ state: 'gone', fault: expect.stringMatching(/is gone/) })
})

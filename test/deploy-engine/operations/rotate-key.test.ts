import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  addBot,
  type Engine,
  finishRotation,
  type OpenEngine,
  openEngine,
  rotateKey,
  Secret,
  setVariables,
} from '../../../deploy-engine/index.ts'
import { botSecrets } from '../../../deploy-engine/operations/secrets.ts'
import { botByName } from '../../../deploy-engine/records/bot.ts'
import { sealedInChat } from '../../../manager-bot/chat/records/sealed.ts'
import { chatTables } from '../../../manager-bot/chat/records/tables.ts'
import { openSandbox, type Sandbox } from '../../../telegram-sandbox/index.ts'
import { quietLog } from '../../helpers/engine.ts'

// Killed at any point of a change of keys, key file and database match, or the next start makes them match.

let directory: string
let sandbox: Sandbox
let opened: OpenEngine
let keyFile: string
let count = 0

beforeAll(async () => {
  sandbox = await openSandbox()
})

afterAll(() => sandbox.close())

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-rotate-'))
  keyFile = join(directory, 'key')
  opened = await open()
  count += 1
  const { token } = sandbox.addBot({ username: `bot_${count}_bot` })
  await addBot(opened.engine, { name: 'my-bot', repo: 'https://example.org/x.git', token: new Secret(token) })
  await setVariables(opened.engine, 'my-bot', { ONE: new Secret('first'), TWO: new Secret('second') })
  await opened.engine.database.transaction((entities) =>
    entities.insert('inbox', {
      updateId: 7,
      acceptedAt: 1,
      sealed: opened.engine.vault.seal(0, 'update:7', new Secret('{"update_id":7}')),
    }),
  )
})

afterEach(async () => {
  await opened.close()
  await rm(directory, { recursive: true, force: true })
})

const open = (): Promise<OpenEngine> => {
  const roots = { apiRoot: sandbox.apiRoot, botsApiRoot: sandbox.apiRoot, dataDir: join(directory, 'data') }
  const settings = { ...roots, instance: 'tbs-rotate', keyFile, timezone: 'Etc/UTC', gitProtocols: ['https'] }
  return openEngine({ ...settings, netPool: '10.213.0.0/16' }, { log: quietLog, ...chatTables })
}

const readable = async (engine: Engine): Promise<unknown> => {
  const { read } = engine.database
  const { variables } = await botSecrets(engine, await botByName(read, 'my-bot'))
  const [item] = await read.find<{ sealed: Buffer; updateId: number }>('inbox')
  const update = engine.vault.open(0, 'update:7', item?.sealed ?? Buffer.alloc(0)).reveal()
  return { ONE: variables.ONE?.reveal(), TWO: variables.TWO?.reveal(), update }
}

const WHOLE = { ONE: 'first', TWO: 'second', update: '{"update_id":7}' }

const keysInFile = async (): Promise<number> => (await readFile(keyFile, 'utf8')).trim().split('\n').length

class Killed extends Error {}

/** An engine that dies at the nth moment at which it reaches out: before it, or after. */
const dyingAt = (engine: Engine, moment: number): { engine: Engine; reached(): number } => {
  let passed = 0
  const pass = () => {
    if (passed >= moment) throw new Killed()
    passed += 1
  }
  const around = <T>(work: () => T): T => {
    pass()
    const result = work()
    pass()
    return result
  }
  const { vault, database } = engine
  const dying: Engine = {
    ...engine,
    vault: {
      keyId: vault.keyId,
      get keyIds() {
        return vault.keyIds
      },
      seal: (...given) => around(() => vault.seal(...given)),
      open: (...given) => vault.open(...given),
      isCurrent: vault.isCurrent,
      addKey: () => around(vault.addKey),
      dropOtherKeys: () => around(vault.dropOtherKeys),
    },
    database: {
      ...database,
      transaction: async (work) => {
        pass()
        const result = await database.transaction(async (entities) => {
          const done = await work(entities)
          pass()
          return done
        })
        pass()
        return result
      },
    },
  }
  return { engine: dying, reached: () => passed }
}

test('a new key, with everything encrypted anew, and the old one gone', async () => {
  const { keyId } = opened.engine.vault
  const rotated = await rotateKey(opened.engine, sealedInChat)
  expect(rotated).toEqual({ keyId: opened.engine.vault.keyId, values: 4, unreadable: 0 })
  expect(rotated.keyId).not.toBe(keyId)
  expect(await keysInFile()).toBe(1)
  await opened.close()
  opened = await open()
  expect(await readable(opened.engine)).toEqual(WHOLE)
  const stored = await opened.engine.database.read.find<{ keyId: string; key: string }>('secret')
  expect(new Set(stored.map((one) => one.keyId))).toEqual(new Set([rotated.keyId]))
})

test('killed at any moment all can be read, and the next start finishes it', async () => {
  let finished = false
  for (let moment = 0; !finished; moment += 1) {
    const dying = dyingAt(opened.engine, moment)
    const end = await rotateKey(dying.engine, sealedInChat).catch((error: unknown) => error)
    finished = !(end instanceof Killed)
    await opened.close()
    opened = await open()
    expect({ moment, ...((await readable(opened.engine)) as object) }).toEqual({ moment, ...WHOLE })
    // The one that finishes it may die as well.
    await finishRotation(dyingAt(opened.engine, moment % 5).engine, sealedInChat).catch(() => {})
    await finishRotation(opened.engine, sealedInChat)
    expect({ moment, keys: await keysInFile() }).toEqual({ moment, keys: 1 })
    await opened.close()
    opened = await open()
    expect(await readable(opened.engine)).toEqual(WHOLE)
    expect(moment).toBeLessThan(100)
  }
}, 120_000)

test('two at once, while others write', async () => {
  const other = await open()
  const writing = Array.from({ length: 10 }, (_, index) =>
    setVariables(index % 2 === 0 ? opened.engine : other.engine, 'my-bot', { [`V${index}`]: new Secret(`v${index}`) }),
  )
  await Promise.all([rotateKey(opened.engine, sealedInChat), rotateKey(other.engine, sealedInChat), ...writing])
  await other.close()
  await opened.close()
  opened = await open()
  await finishRotation(opened.engine, sealedInChat)
  expect(await keysInFile()).toBe(1)
  expect(await readable(opened.engine)).toEqual(WHOLE)
  const { variables } = await botSecrets(opened.engine, await botByName(opened.engine.database.read, 'my-bot'))
  for (let index = 0; index < 10; index += 1) expect(variables[`V${index}`]?.reveal()).toBe(`v${index}`)
})

test('killed in another process just before this one drops the old key', async () => {
  const other = await open()
  const { database } = opened.engine
  let transactions = 0
  const transaction: typeof database.transaction = (work) => {
    transactions += 1
    if (transactions === 2) other.engine.vault.addKey()
    return database.transaction(work)
  }
  await rotateKey({ ...opened.engine, database: { ...database, transaction } }, sealedInChat)
  await other.close()
  await opened.close()
  opened = await open()
  expect(await readable(opened.engine)).toEqual(WHOLE)
  await finishRotation(opened.engine, sealedInChat)
  expect(await keysInFile()).toBe(1)
  expect(await readable(opened.engine)).toEqual(WHOLE)
})

test('what is of a lost key stays as it is, and keeps nothing else from being done', async () => {
  const stranger = await openEngine(
    { ...opened.engine.settings, dataDir: join(directory, 'other'), keyFile: join(directory, 'other-key') },
    { log: quietLog },
  )
  const sealed = stranger.engine.vault.seal(1, 'TWO', new Secret('lost'))
  await stranger.close()
  await opened.engine.database.read.update('secret', { key: 'TWO' }, { sealed })
  expect(await rotateKey(opened.engine, sealedInChat)).toMatchObject({ values: 3, unreadable: 1 })
  expect(await keysInFile()).toBe(1)
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dataFiles } from '../../../deploy-engine/container/data-files.ts'
import { envFile } from '../../../deploy-engine/container/env-file.ts'
import { imageUser } from '../../../deploy-engine/container/image-user.ts'
import { freeSubnet } from '../../../deploy-engine/container/subnet.ts'
import { volumeName } from '../../../deploy-engine/container/volume-name.ts'
import { Secret } from '../../../deploy-engine/secret.ts'

describe('subnets', () => {
  test('are the first free /28 of the pool', () => {
    expect(freeSubnet('10.213.0.0/16', [])).toBe('10.213.0.0/28')
    expect(freeSubnet('10.213.0.0/16', ['10.213.0.0/28', '10.213.0.32/28'])).toBe('10.213.0.16/28')
    expect(freeSubnet('10.213.0.0/16', ['10.213.0.0/24', '172.17.0.0/16'])).toBe('10.213.1.0/28')
  })

  test('are none when a route covers the pool', () => {
    expect(freeSubnet('10.213.0.0/16', ['10.0.0.0/8'])).toBeUndefined()
  })

  test('never overlap each other', () => {
    const taken: string[] = []
    for (let count = 0; count < 300; count++) taken.push(freeSubnet('10.213.0.0/16', taken) ?? 'none')
    expect(new Set(taken).size).toBe(300)
    expect(taken).not.toContain('none')
  })
})

describe('the .env file', () => {
  test('quotes what dotenv would misread', () => {
    const text = envFile({ A: 'plain', B: 'two words # no comment', C: "it's\ntwo lines", T: new Secret('1:x') })
    expect(text).toBe(`A=plain\nB='two words # no comment'\nC="it's\\ntwo lines"\nT=1:x\n`)
  })

  test('is one line per variable whatever the values are', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (values) => {
        const variables = Object.fromEntries(values.map((value, index) => [`K${index}`, value]))
        expect(envFile(variables).split('\n')).toHaveLength(values.length + 1)
      }),
    )
  })
})

test('an image user is resolved by number or by the image’s own passwd', () => {
  const passwd = 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1001::/home/node:/bin/sh\n'
  expect(imageUser('', passwd)).toEqual({ uid: 0, gid: 0 })
  expect(imageUser('node', passwd)).toEqual({ uid: 1000, gid: 1001 })
  expect(imageUser('1000:5', passwd)).toEqual({ uid: 1000, gid: 5 })
  expect(imageUser('12345', passwd)).toEqual({ uid: 12345, gid: 0 })
  expect(imageUser('nobody-knows', passwd)).toBeUndefined()
})

test('data files are databases and documents, not packages, caches and settings of the system', () => {
  const changed = [
    '/app/data/db.json',
    '/app/bot.sqlite3-wal',
    '/app/node_modules/x/cache.json',
    '/app/.env',
    '/tmp/x.json',
    '/root/.npm/_cacache/a.json',
    '/app/package-lock.json',
  ].map((path) => ({ path, kind: 1 as const }))
  expect(dataFiles([...changed, { path: '/app/gone.db', kind: 2 }])).toEqual([
    '/app/data/db.json',
    '/app/bot.sqlite3-wal',
  ])
})

test('volumes of paths with the same slug have different names', () => {
  expect(volumeName('tbs', 'my-bot', '/app/data')).toMatch(/^tbs-my-bot\.app-data-[0-9a-f]{4}$/)
  expect(volumeName('tbs', 'my-bot', '/app/data')).not.toBe(volumeName('tbs', 'my-bot', '/app-data'))
})

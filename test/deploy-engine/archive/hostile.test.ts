import { createCipheriv } from 'node:crypto'
import { readFile, truncate, writeFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newIdentity } from '../../../deploy-engine/archive/age.ts'
import { SECRETS } from '../../../deploy-engine/archive/manifest.ts'
import { type Reading, readArchive } from '../../../deploy-engine/archive/read-archive.ts'
import type { Secret } from '../../../deploy-engine/index.ts'
import { archiveOf, type Entry, manifestFor, sealed, tarOf } from '../../helpers/archives.ts'

// faults.md, section 2: files that nobody should have made. Each is refused with a code of its own.

const GIB = 1024 ** 3

const reading = (identity: Secret, more: Partial<Reading> = {}): Reading => ({
  identities: [identity],
  maxBytes: GIB,
  signal: AbortSignal.timeout(60_000),
  ...more,
})

const refused = async ({ file, identity }: { file: string; identity: Secret }, more: Partial<Reading> = {}) =>
  readArchive(file, reading(identity, more)).then(
    () => 'taken',
    ({ name, code }) => (name === 'TbsError' ? code : name),
  )

describe('a file that is not what was written', () => {
  test('cut anywhere', async () => {
    const { file, identity } = await archiveOf([{ name: './noise', content: noise(200_000) }])
    const whole = await readFile(file)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (length) => {
        await writeFile(file, whole)
        await truncate(file, length)
        expect(await refused({ file, identity })).toMatch(/^(backup_cut|not_a_backup)$/)
      }),
      { numRuns: 60, examples: [[0], [1], [whole.length - 1], [whole.length - 16]] },
    )
  })

  test('altered in one byte', async () => {
    const { file, identity } = await archiveOf([{ name: './noise', content: noise(200_000) }])
    const whole = await readFile(file)
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const altered = Buffer.from(whole)
        altered[at] = (altered[at] ?? 0) ^ change
        await writeFile(file, altered)
        expect(await refused({ file, identity })).toMatch(/^(backup_altered|backup_cut|not_a_backup|wrong_key)$/)
      }),
      { numRuns: 60 },
    )
  })

  test('altered far from its end is told from one that was cut', async () => {
    const { file, identity } = await archiveOf([{ name: './noise', content: noise(2_000_000) }])
    const whole = await readFile(file)
    for (const at of [1_000, 100_000, 1_000_000]) {
      const altered = Buffer.from(whole)
      altered[at] = (altered[at] ?? 0) ^ 1
      await writeFile(file, altered)
      expect(await refused({ file, identity })).toBe('backup_altered')
      await writeFile(file, whole.subarray(0, at))
      expect(await refused({ file, identity })).toBe('backup_cut')
    }
  })

  test('followed by something', async () => {
    const { file, identity } = await archiveOf()
    await writeFile(file, 'more', { flag: 'a' })
    expect(await refused({ file, identity })).toMatch(/^backup_(cut|altered)$/)
  })

  test('sealed for somebody else, or no such file at all', async () => {
    const { file, directory } = await archiveOf()
    const { identity } = await newIdentity()
    expect(await refused({ file, identity })).toBe('wrong_key')
    expect(await refused({ file: `${directory}/none`, identity })).toBe('no_backup_file')
    expect(await refused({ file: directory, identity })).toBe('no_backup_file')
    for (const bytes of ['', 'hello', '%PDF-1.4', 'age-encryption.org/v1\n', noise(5_000)]) {
      await writeFile(file, bytes)
      expect(await refused({ file, identity })).toBe('not_a_backup')
    }
  })

  test('any bytes that were sealed for us', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3_000 }), fc.boolean(), async (bytes, plain) => {
        expect(await refused(await sealed(Buffer.from(bytes), { plain }))).toBe('not_a_backup')
      }),
      { numRuns: 40 },
    )
  })
})

describe('a file that somebody made for us', () => {
  const secrets = '{}'
  const volume = () => tarOf([{ name: './a', content: 'a' }])

  const made = async (change: (entries: Entry[]) => Entry[], more?: Parameters<typeof sealed>[1]) => {
    const data = await volume()
    const entries: Entry[] = [
      { name: 'manifest.json', content: JSON.stringify(manifestFor(secrets, [data])) },
      { name: SECRETS, content: secrets },
      { name: 'volumes/0.tar', content: data },
    ]
    return sealed(await tarOf(change(entries)), more)
  }

  test('is read if it is as ours', async () => {
    expect(await refused(await made((entries) => entries))).toBe('taken')
  })

  test.each<[code: string, change: (entries: Entry[]) => Entry[]]>([
    ['unsafe_path', (all) => [...all, { name: '../etc/passwd', content: 'x' }]],
    ['unsafe_path', (all) => [...all, { name: 'volumes/../../x', content: 'x' }]],
    ['unsafe_path', (all) => [...all, { name: '/etc/passwd', content: 'x' }]],
    ['unsafe_link', (all) => [...all, { name: 'volumes/1.tar', type: 'symlink', linkname: '/etc/passwd' }]],
    ['unsafe_link', (all) => [...all, { name: 'volumes/1.tar', type: 'link', linkname: 'secrets.json' }]],
    ['unsafe_file', (all) => [...all, { name: 'volumes/1.tar', type: 'character-device', devmajor: 1, devminor: 5 }]],
    ['unsafe_file', (all) => [...all, { name: 'volumes/1.tar', type: 'fifo' }]],
    ['duplicate_part', (all) => [...all, ...all.slice(-1)]],
    ['unknown_part', (all) => [...all, { name: 'volumes/1.tar', content: 'x' }]],
    ['missing_part', (all) => all.slice(0, -1)],
    ['missing_part', ([manifest, first, second]) => [manifest, second, first].filter((one) => one !== undefined)],
    ['part_differs', (all) => all.map((one) => (one.name === SECRETS ? { ...one, content: '[]' } : one))],
    ['part_differs', (all) => all.map((one) => (one.name === SECRETS ? { ...one, content: '{} ' } : one))],
    ['not_a_backup', (all) => all.slice(1)],
    ['bad_manifest', ([, ...all]) => [{ name: 'manifest.json', content: '{}' }, ...all]],
    ['newer_format', ([, ...all]) => [{ name: 'manifest.json', content: '{"format":2}' }, ...all]],
  ])('%s (%#)', async (code, change) => {
    expect(await refused(await made(change))).toBe(code)
  })

  test('with something behind its end', async () => {
    const data = await volume()
    const tarFile = await tarOf([
      { name: 'manifest.json', content: JSON.stringify(manifestFor(secrets, [data])) },
      { name: SECRETS, content: secrets },
      { name: 'volumes/0.tar', content: data },
    ])
    expect(await refused(await sealed(Buffer.concat([tarFile, Buffer.alloc(512)])))).toBe('trailing_data')
    expect(await refused(await sealed(tarFile, { trailing: Buffer.alloc(5) }))).toBe('trailing_data')
    for (const trailing of ['more', '\x1f\x8b']) {
      const file = await sealed(tarFile, { trailing: Buffer.from(trailing, 'latin1') })
      expect(await refused(file)).toMatch(/^(not_a_backup|trailing_data)$/)
    }
  })

  test('of another bot, where one was named', async () => {
    const { file, identity } = await archiveOf()
    const onManifest: Reading['onManifest'] = ({ bot }) => {
      if (bot.name !== 'other-bot') throw new Error(`of ${bot.name}`)
    }
    await expect(readArchive(file, reading(identity, { onManifest }))).rejects.toThrow('of my-bot')
  })
})

describe('a bomb', () => {
  const TEN_GB = 10 * GIB

  test('that says so is refused by its manifest', async () => {
    const manifest = manifestFor('{}', [Buffer.alloc(0)])
    const huge = { ...manifest, volumes: manifest.volumes.map((part) => ({ ...part, bytes: TEN_GB })) }
    const file = await sealed(await tarOf([{ name: 'manifest.json', content: JSON.stringify(huge) }]))
    expect(await refused(file)).toBe('too_large')
  })

  test('that does not is refused where it begins', async () => {
    const manifest = manifestFor('{}', [Buffer.alloc(0)])
    const head = await tarOf([
      { name: 'manifest.json', content: JSON.stringify(manifest) },
      { name: SECRETS, content: '{}' },
    ])
    const bomb = async function* () {
      yield head.subarray(0, -1024)
      const [header] = [await tarOf([{ name: 'volumes/0.tar', content: Buffer.alloc(1) }])]
      yield header.subarray(0, 512)
      yield* zeros(64 * 1024 * 1024)
    }
    expect(await refused(await sealed(bomb()))).toBe('part_differs')
    const behind = async function* () {
      yield head
      yield* zeros(64 * 1024 * 1024)
    }
    expect(await refused(await sealed(behind()))).toBe('trailing_data')
    expect(await refused(await sealed(zeros(64 * 1024 * 1024)))).toBe('not_a_backup')
  })
})

describe('a volume with', () => {
  test.each<[code: string, entries: Entry[]]>([
    ['unsafe_path', [{ name: '../x', content: 'x' }]],
    ['unsafe_path', [{ name: './a/../../x', content: 'x' }]],
    ['unsafe_path', [{ name: '/etc/passwd', content: 'x' }]],
    [
      'unsafe_link',
      [
        { name: 'a', type: 'symlink', linkname: '/etc' },
        { name: 'a/passwd', content: 'x' },
      ],
    ],
    [
      'unsafe_link',
      [
        { name: 'a', type: 'symlink', linkname: '..' },
        { name: './a/b/c', content: 'x' },
      ],
    ],
    [
      'unsafe_link',
      [
        { name: 'a', type: 'symlink', linkname: '/etc' },
        { name: 'b', type: 'link', linkname: 'a/x' },
      ],
    ],
    ['unsafe_path', [{ name: 'b', type: 'link', linkname: '../../etc/shadow' }]],
    ['unsafe_path', [{ name: 'b', type: 'link', linkname: '/etc/shadow' }]],
    ['unsafe_file', [{ name: 'b', type: 'block-device', devmajor: 8, devminor: 0 }]],
    ['unsafe_file', [{ name: 'b', type: 'character-device', devmajor: 1, devminor: 5 }]],
    [
      'taken',
      [
        { name: './', type: 'directory' },
        { name: './lock', type: 'symlink', linkname: '/tmp/somewhere' },
      ],
    ],
    [
      'taken',
      [
        { name: './a', content: 'x' },
        { name: './b', type: 'link', linkname: './a' },
      ],
    ],
    ['taken', [{ name: `./${'long/'.repeat(60)}name`, content: 'x' }]],
  ])('%s (%#)', async (code, entries) => {
    expect(await refused(await archiveOf(entries))).toBe(code)
  })

  test('no tar in it', async () => {
    const data = Buffer.from(noise(4096))
    const entries = [
      { name: 'manifest.json', content: JSON.stringify(manifestFor('{}', [data])) },
      { name: SECRETS, content: '{}' },
      { name: 'volumes/0.tar', content: data },
    ]
    expect(await refused(await sealed(await tarOf(entries)))).toBe('bad_volume')
  })
})

function noise(bytes: number): Buffer {
  const key = Buffer.alloc(32, 7)
  return createCipheriv('chacha20', key, Buffer.alloc(16)).update(Buffer.alloc(bytes))
}

async function* zeros(bytes: number): AsyncIterable<Uint8Array> {
  const chunk = Buffer.alloc(1024 * 1024)
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk
}

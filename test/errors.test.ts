import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { engineErrors } from '../deploy-engine/index.ts'
import { explained, hintOf, topics } from '../manager-bot/errors/explain.ts'
import { managerErrors } from '../manager-bot/errors/table.ts'
import { guide } from '../scripts/docs/guide.mjs'
import { readSources, type SourceFile } from './architecture/sources.ts'

// That nothing is thrown which is not in the table is seen by the compiler.

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const sources = readSources(ROOT).filter(({ path }) => !path.includes('/errors/'))

/** What a code is given to: TbsError, what makes one, or `code:` of something that is written down. */
const isThrown = (code: string, { code: text }: SourceFile): boolean =>
  new RegExp(String.raw`(?:\w\(\s*|\bcode: |\bErrorCode = )'${code}'`).test(text.replace(COMPARED, ''))

const COMPARED = /\b(?:includes|has)\('\w+'\)/g

describe('each code is thrown by the one whose table it is in:', () => {
  const tables: [folder: string, codes: string[]][] = [
    ['deploy-engine', Object.keys(engineErrors)],
    ['manager-bot', Object.keys(managerErrors)],
  ]
  test.each(tables)('%s', (folder, codes) => {
    const own = sources.filter((file) => file.folder === folder)
    expect(codes.filter((code) => !own.some((file) => isThrown(code, file)))).toEqual([])
  })

  test('and none is in both, or in two topics', () => {
    const all = topics.flatMap(({ errors }) => Object.keys(errors))
    expect(all.filter((code, place) => all.indexOf(code) !== place)).toEqual([])
    expect(new Set(all)).toEqual(new Set([...Object.keys(engineErrors), ...Object.keys(managerErrors)]))
  })
})

test('docs/troubleshooting.md is what the table gives; else: npm run troubleshooting', () => {
  expect(readFileSync(`${ROOT}/docs/troubleshooting.md`, 'utf8')).toBe(guide(topics))
})

test.each(topics.flatMap(({ errors }) => Object.entries(errors)))('%s is said in sentences', (_, { cause, fix }) => {
  expect(cause).toMatch(/^\w.*\.$/)
  expect(fix).toMatch(/^[A-Z]/)
  expect(`${cause}${fix}`).not.toMatch(/\.\.|\s{2}|!/)
})

test('an error’s own hint comes before that of its code', () => {
  expect(hintOf({ code: 'disk_full', hint: 'Free some' })).toBe('Free some')
  expect(hintOf({ code: 'disk_full' })).toContain('/prune')
  expect(hintOf({ code: 'of_an_older_version' })).toBeUndefined()
  expect(hintOf({ code: 'constructor' })).toBeUndefined()
})

test('a code can be looked up as the audit shows it; a mistyped one gets the closest', () => {
  expect(explained('Disk full').data.code).toBe('disk_full')
  expect(explained('disk-full').text).toHaveLength(3)
  expect(() => explained('disk_ful')).toThrow('There is no error disk_ful')
})

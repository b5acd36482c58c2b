import { expect, test } from 'vitest'
import { placeInVolume } from '../../../deploy-engine/container/place-in-volume.ts'

const VOLUMES = [
  { name: 'data', path: '/app/data' },
  { name: 'inner', path: '/app/data/inner' },
]
const place = (path: string) => {
  const { volume, below } = placeInVolume('my-bot', VOLUMES, path)
  return `${volume.name}: ${below}`
}

test('a path is in the innermost volume around it', () => {
  expect(place('/app/data')).toBe('data: ')
  expect(place('/app/data/')).toBe('data: ')
  expect(place('/app/data/a/b.db')).toBe('data: a/b.db')
  expect(place('/app/data/inner/x')).toBe('inner: x')
  expect(place('/app/data/innerx')).toBe('data: innerx')
})

test.each(['/app', '/app/database', '/app/data/../x', '/etc/passwd', 'app/data', ''])('%j is in none', (path) => {
  expect(() => place(path)).toThrow('is in no volume of my-bot')
})

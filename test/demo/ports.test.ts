import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { choosePorts } from '../../demo/ports.ts'

let directory: string
let taken: Server[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-ports-'))
  taken = []
})

afterEach(async () => {
  for (const server of taken) server.close()
  await rm(directory, { recursive: true, force: true })
})

const take = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject).listen(port, '127.0.0.1', resolve)
    taken.push(server)
  })

test('a taken port is passed over, and the choice is kept for the next start', async () => {
  const first = await choosePorts(directory, ['127.0.0.1'])
  expect(await choosePorts(directory, ['127.0.0.1'])).toEqual(first)
  await take(first.page)
  await take(first.api)
  const moved = await choosePorts(directory, ['127.0.0.1'])
  expect(moved.page).not.toBe(first.page)
  expect([first.page, first.api, moved.page]).not.toContain(moved.api)
  for (const server of taken.splice(0)) await new Promise((resolve) => server.close(resolve))
  expect(await choosePorts(directory, ['127.0.0.1'])).toEqual(moved)
})

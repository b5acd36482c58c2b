import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { errandIn } from '../../../../manager-bot/terminal/door/errand.ts'
import { findContainer } from '../../../../manager-bot/terminal/door/find-container.ts'
import { unattended } from '../../../../manager-bot/terminal/install/question.ts'
import type { Target } from '../../../../manager-bot/terminal/install/target.ts'
import { thisMachine } from '../../../../manager-bot/terminal/install/this-machine.ts'

const here = thisMachine(new AbortController().signal)

/** The container is this machine, and its tbs-manager a shell. */
const asContainer = (argv: readonly string[]): string[] => {
  const [key = 'NOTHING=', inside] = argv.includes('--env')
    ? [argv[argv.indexOf('--env') + 1], argv.slice(argv.indexOf('--env') + 3)]
    : [undefined, argv.slice(3)]
  return ['env', key, ...inside.map((word) => (word === 'tbs-manager' ? 'sh' : word))]
}

const target: Target = {
  ...here,
  run: (argv, options) => here.run(asContainer(argv), options),
  attach: (argv, streams) => here.attach(asContainer(argv), streams),
}

test('an interrupt reaches what runs there, and nothing else', async () => {
  const begin = (key: string) => {
    const stdout = new PassThrough()
    const words = ['-c', 'trap "exit 130" INT; echo ready; while :; do sleep 0.1; done']
    const errand = errandIn(target, 'id', { words, key })
    const code = errand.run({ stdin: new PassThrough(), stdout, stderr: new PassThrough() })
    return { errand, code, ready: once(stdout, 'data') }
  }
  const one = begin('of-one-test')
  const other = begin('of-one-test-2')
  await Promise.all([one.ready, other.ready])
  await one.errand.interrupt()
  expect(await one.code).toBe(130)
  expect(await Promise.race([other.code, Promise.resolve('runs')])).toBe('runs')
  await other.errand.interrupt()
  expect(await other.code).toBe(130)
})

const answering = (answers: Record<string, string>): Target => ({
  ...here,
  name: 'olga@vps',
  run: async (argv) => {
    const found = Object.entries(answers).find(([command]) => argv.join(' ').includes(command))
    return found ? { code: 0, stdout: found[1], stderr: '' } : { code: 1, stdout: '', stderr: '' }
  },
})

test('a manager is found by its labels; who may use Docker need not be root', async () => {
  const finding = { instance: 'tbs', passwords: [], question: unattended, orStopped: false }
  const found = (answers: Record<string, string>) => findContainer(answering(answers), finding)
  const all = 'label=tbs.instance=tbs --filter label=tbs.role=manager'
  expect(await found({ 'docker ps --quiet': '', [all]: 'old exited \nnew running hash\n' })).toMatchObject({
    id: 'new',
  })
  await expect(found({ 'docker ps --quiet': '', [all]: 'old exited \n' })).rejects.toMatchObject({
    code: 'manager_stopped',
  })
  const stopped = answering({ 'docker ps --quiet': '', [all]: 'old exited \n' })
  expect(await findContainer(stopped, { ...finding, orStopped: true })).toMatchObject({ id: 'old', running: false })
  await expect(found({ 'docker ps --quiet': '', [all]: '' })).rejects.toMatchObject({
    code: 'no_manager',
    message: expect.stringContaining('olga@vps'),
    hint: expect.stringContaining('--instance'),
  })
  await expect(found({ 'id -un': 'olga', 'id -u': '1000' })).rejects.toMatchObject({ code: 'not_root' })
  await expect(found({ 'id -un': 'root', 'id -u': '0' })).rejects.toMatchObject({ code: 'no_manager' })
})

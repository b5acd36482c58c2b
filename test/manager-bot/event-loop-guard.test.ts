import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'

// The guard's 60 ticks take 1.2 s here.
const TICK_MS = 20

/** A process that guards its event loop, says so, and then does `what`. */
const guarded = async (
  what: string,
): Promise<{ child: ChildProcess; ended: Promise<{ end: unknown; err: string }> }> => {
  const module = new URL('../../manager-bot/event-loop-guard.ts', import.meta.url)
  const script = `import { guardEventLoop } from '${module}'
    const guard = guardEventLoop({ tickMs: ${TICK_MS} })
    const block = (ms) => { for (const end = Date.now() + ms; Date.now() < end; ); }
    await new Promise((resolve) => process.stdout.write('ready', resolve))
    ${what}`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script])
  onTestFinished(() => void child.kill('SIGKILL'))
  let err = ''
  child.stderr.on('data', (chunk) => {
    err += String(chunk)
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ end: signal ?? code, err }))
  await once(child.stdout, 'data')
  return { child, ended }
}

test('an event loop that hangs is the end of the process, with a line that says so', async () => {
  const { ended } = await guarded('block(60_000)')
  expect(await ended).toEqual({
    end: 'SIGKILL',
    err: 'tbs-manager: the event loop has not turned for 1 s, ending the process\n',
  })
})

test('one that is only busy goes on, and the guard keeps no process running', async () => {
  const { ended } = await guarded(
    `for (let i = 0; i < 6; i++) { block(600); await new Promise((resolve) => setTimeout(resolve, ${3 * TICK_MS})) }`,
  )
  expect(await ended).toEqual({ end: 0, err: '' })
})

test('a process that was suspended as a whole has missed nothing', async () => {
  const { child, ended } = await guarded('await new Promise((resolve) => setTimeout(resolve, 4_000))')
  child.kill('SIGSTOP')
  await sleep(3_000)
  child.kill('SIGCONT')
  expect(await ended).toEqual({ end: 0, err: '' })
})

test('a closed guard is none', async () => {
  const { ended } = await guarded('await guard.close(); block(3_000)')
  expect(await ended).toEqual({ end: 0, err: '' })
})

/** What a version of the fixture bot does; it needs no packages, so that its build takes no time. */
export type Behaviour = {
  /** It answers every text with `<says>: <text>`. */
  says: string
  /** The variable whose value it says instead. */
  saysValueOf?: string
  crash?: 'at once' | number
  deaf?: boolean
  /** It ends when it is told to: “exit 3”, “segv”, or “hog”, which takes more memory than there is. */
  dies?: boolean
  ignoresSigterm?: boolean
  build?: 'fails'
  prints?: string
  writes?: string
}

/**
 * What every version does when it is told to. `HANG`: it never comes back from that text, once in a container's life.
 * `SLEEP`: it takes that text and no other one any more. `WORK`, with a number: it answers after so many seconds.
 */
export const HANG = 'hang'
export const SLEEP = 'fall asleep'
export const WORK = 'work'

/** Files of a repository with a long-polling bot in plain JavaScript. */
export const fixtureBot = (behaviour: Behaviour): Record<string, string> => ({
  'package.json': JSON.stringify({
    name: 'fixture-bot',
    private: true,
    type: 'module',
    scripts: {
      start: 'node bot.js',
      ...(behaviour.build === 'fails' && { build: 'node build.js' }),
    },
  }),
  'bot.js': source(behaviour),
  ...(behaviour.build === 'fails' && { 'build.js': FAILING_BUILD }),
})

const FAILING_BUILD = `
for (let line = 1; line <= 30; line++) console.log('compiling module', line)
console.error("src/bot.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.")
process.exit(2)
`

const source = (behaviour: Behaviour): string => `
import { existsSync, writeFileSync } from 'node:fs'
const behaviour = ${JSON.stringify(behaviour)}
const root = process.env.TELEGRAM_API_ROOT + '/bot' + process.env.BOT_TOKEN
const says = behaviour.saysValueOf ? process.env[behaviour.saysValueOf] : behaviour.says
const stop = new AbortController()
let stopping = false

if (behaviour.prints) console.log(behaviour.prints.replace('TOKEN', process.env.BOT_TOKEN))
if (behaviour.writes) writeFileSync(behaviour.writes, JSON.stringify({ written: true }))
if (behaviour.crash === 'at once') {
  console.error('Error: Cannot find module ./missing.js')
  process.exit(1)
}
process.on('SIGTERM', () => {
  if (behaviour.ignoresSigterm) return
  stopping = true
  stop.abort()
})

const die = (how) => {
  console.error('Error: told to ' + how)
  if (how === 'segv') process.kill(process.pid, 'SIGSEGV')
  const taken = []
  while (how === 'hog') taken.push(Buffer.alloc(8_000_000, 1))
  process.exit(Number(how.split(' ')[1]))
}

const call = async (method, params, signal) => {
  const response = await fetch(root + '/' + method, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(params),
    signal,
  })
  const answer = await response.json()
  if (!answer.ok) throw new Error(answer.description)
  return answer.result
}

const forEver = new Promise(() => setInterval(() => {}, 60_000))
const obey = async (text, id) => {
  const [order, seconds] = text.split(' ')
  if (order === '${WORK}') await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000))
  if (text !== '${HANG}' && text !== '${SLEEP}') return
  if (existsSync('/tmp/was-deaf')) return
  writeFileSync('/tmp/was-deaf', '')
  if (text === '${SLEEP}') await call('getUpdates', { offset: id + 1, limit: 1, timeout: 0 })
  await forEver
}

await call('getMe', {})
if (behaviour.deaf) setInterval(() => {}, 60_000)
else await poll()

async function poll() {
  let offset = 0
  let confirmed = 0
  if (typeof behaviour.crash === 'number') {
    setTimeout(() => {
      console.error('Error: late trouble')
      process.exit(1)
    }, behaviour.crash)
  }
  while (!stopping) {
    try {
      const updates = await call('getUpdates', { offset, timeout: 25 }, stop.signal)
      confirmed = offset
      for (const update of updates) {
        const { message } = update
        await obey(message?.text ?? '', update.update_id)
        if (behaviour.dies && /^(exit \\d+|segv|hog)$/.test(message?.text)) {
          await call('getUpdates', { offset: update.update_id + 1, limit: 1, timeout: 0 })
          die(message.text)
        }
        const text = says + ': ' + message?.text
        if (message?.text) await call('sendMessage', { chat_id: message.chat.id, text })
        offset = update.update_id + 1
      }
    } catch (error) {
      if (stopping) break
      console.error(error.message)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  // Until the server has noticed that the poll was given up, asking again would be a second poller.
  await new Promise((resolve) => setTimeout(resolve, 50))
  if (offset !== confirmed) await call('getUpdates', { offset, limit: 1, timeout: 0 })
  process.exit(0)
}
`

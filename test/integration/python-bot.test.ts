import { afterAll, beforeAll, expect, test } from 'vitest'
import { botStatus, type Operation } from '../../deploy-engine/index.ts'
import { docker } from '../helpers/docker.ts'
import { type TalkativeBench, talkativeBench } from '../helpers/talkative-bench.ts'

// Python repositories that know nothing of us, made into images on real Docker. What they need is in the base image:
// there is no registry of Python packages to fetch anything else from.

const QUICK = { 'tbs.yaml': 'gate: { ready: 30s, stable: 1s }\n' }

/** As a beginner writes it: a library, no list of packages, a counter in a file. */
const WITH_LIBRARY = `
import os
from telegram.ext import Updater, MessageHandler, Filters

updater = Updater(os.environ['TELEGRAM_TOKEN'], base_url=os.environ['TELEGRAM_API_ROOT'] + '/bot', use_context=True)

def answer(update, context):
    os.makedirs('data', exist_ok=True)
    with open('data/count.txt', 'a') as file:
        file.write('x')
    update.message.reply_text(f"library {len(open('data/count.txt').read())} {os.getuid()}")

updater.dispatcher.add_handler(MessageHandler(Filters.text, answer))

if __name__ == '__main__':
    updater.start_polling()
    updater.idle()
`

/** A package of its own that needs nothing but Python. */
const WITHOUT = `
import json, os, urllib.request
from . import words

def call(method, **params):
    url = f"{os.environ['TELEGRAM_API_ROOT']}/bot{os.environ['BOT_TOKEN']}/{method}"
    request = urllib.request.Request(url, json.dumps(params).encode(), {'content-type': 'application/json'})
    return json.load(urllib.request.urlopen(request, timeout=60))['result']

offset = 0
while True:
    for update in call('getUpdates', offset=offset, timeout=20):
        offset = update['update_id'] + 1
        call('sendMessage', chat_id=update['message']['chat']['id'], text=words.ANSWER)
`

let bench: TalkativeBench['bench']
let repo: TalkativeBench['repo']
let operate: TalkativeBench['operate']
let close = async () => {}

beforeAll(async () => {
  ;({ bench, repo, operate, close } = await talkativeBench('snake'))
})

afterAll(() => close())

const deploy = (ref: string): Promise<Operation> => operate({ kind: 'deploy', args: { ref } })

const hears = (text: RegExp) =>
  bench.sandbox.waitFor(({ transcript }) => text.test(transcript()), { timeout: 20_000, what: String(text) })

test('a program with a library, without a list of packages', async () => {
  await repo.commit('main', { 'main.py': WITH_LIBRARY, ...QUICK })
  expect(await deploy('main')).toMatchObject({ state: 'succeeded' })
  await hears(/library \d+ 1000/)
  const { release } = await botStatus(bench.engine, 'snake')
  expect(release?.plan).toMatchObject({ kind: 'python', tokenEnv: 'TELEGRAM_TOKEN', volumes: ['/app/data'] })
  expect(release?.plan.evidence).toContain('no requirements file; by its imports: python-telegram-bot<20 (main.py:3)')
  const { Config, HostConfig } = await docker.getContainer(release?.containerId ?? '').inspect()
  expect(Config.User).toBe('1000:1000')
  expect(HostConfig.CapDrop).toEqual(['ALL'])
})

test('a package without any, started as a module', async () => {
  const files = { 'bot/__init__.py': '', 'bot/__main__.py': WITHOUT, 'bot/words.py': "ANSWER = 'module'\n", ...QUICK }
  await repo.commit('module', { ...files, 'requirements.txt': 'python-dotenv\n' })
  expect(await deploy('module')).toMatchObject({ state: 'succeeded' })
  await hears(/module/)
})

test('a package that can not be had is named, and the version before runs on', async () => {
  await repo.commit('missing', {
    'main.py': WITH_LIBRARY,
    'requirements.txt': 'no-such-package-of-ours==1.2\n',
    ...QUICK,
  })
  const { state, outcome } = await deploy('missing')
  expect(state).toBe('failed')
  expect(JSON.stringify(outcome)).toContain('no-such-package-of-ours')
  const { release } = await botStatus(bench.engine, 'snake')
  expect(release?.ref).toBe('module')
})

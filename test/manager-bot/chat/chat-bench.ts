import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as verbs from '../../../deploy-engine/index.ts'
import {
  addBot,
  type Engine,
  type Log,
  type Operation,
  openEngine,
  openUpgrading,
  Secret,
} from '../../../deploy-engine/index.ts'
import { type Chat, openChat } from '../../../manager-bot/chat/open-chat.ts'
import { bindPlace, WHOLE_CHAT } from '../../../manager-bot/chat/records/bound-place.ts'
import { chatTables } from '../../../manager-bot/chat/records/tables.ts'
import type { Command } from '../../../manager-bot/command.ts'
import { commands as all } from '../../../manager-bot/commands/index.ts'
import { type Config, engineSettings, readConfig } from '../../../manager-bot/config.ts'
import { openSandbox, type Sandbox, type SandboxBot, type SandboxMessage } from '../../../telegram-sandbox/index.ts'
import type { FastClock } from '../../helpers/fast-clock.ts'

export const OWNER = 42
export const MANAGER = 'tbs_manager_bot'

export type LogEntry = { level: 'info' | 'warn' | 'error'; message: string; fields: Record<string, unknown> }

/** The chat door on a real database, against the sandbox; what it queues is written down and not carried out. */
export type ChatBench = {
  sandbox: Sandbox
  manager: SandboxBot
  config: Config
  engine: Engine
  entries: LogEntry[]
  queued: number[]
  /** From now on Redis is as if it were down. */
  breakQueue(): void
  start(): Promise<Chat>
  stop(): Promise<void>
  /** As after a SIGKILL: nothing is confirmed, and the database is opened anew. */
  restart(): Promise<Chat>
  /** The same at once: what is under way comes to no end, and what Telegram has just taken is not written down. */
  die(): Promise<Chat>
  /** A group of the owner in which commands are taken. */
  group(...people: number[]): Promise<{ id: number }>
  /** Registers a bot; gives its username. */
  register(name: string): Promise<string>
  says(text: string, person?: number): SandboxMessage
  /** Waits for what the manager says after this message: its next ones, in order. */
  answers(to: SandboxMessage, count?: number): Promise<SandboxMessage[]>
  answer(text: string): Promise<string>
  /** Everything in the chat of owner and manager. */
  chat(): SandboxMessage[]
  /** What the manager said. */
  said(): SandboxMessage[]
  close(): Promise<void>
}

type BenchOptions = { owner?: boolean; commands?: readonly Command[]; clock?: FastClock; instance?: string }

export const chatBench = async ({
  owner = true,
  commands = all,
  clock,
  instance = 'tbs-chat-test',
}: BenchOptions = {}): Promise<ChatBench> => {
  const directory = await mkdtemp(join(tmpdir(), 'tbs-chat-'))
  const sandbox = await openSandbox(clock ? { clock: clock.sandbox } : {})
  const manager = sandbox.addBot({ username: MANAGER, name: 'Manager' })
  sandbox.addPerson({ id: OWNER, name: 'Olga', username: 'olga' })
  const config = readConfig({
    TBS_TOKEN: manager.token,
    TBS_INSTANCE: instance,
    TBS_DATA_DIR: join(directory, 'data'),
    TBS_GIT_PROTOCOLS: 'file:https:ssh',
    TELEGRAM_API_ROOT: sandbox.apiRoot,
    ...(owner && { TBS_OWNER_ID: String(OWNER) }),
  })
  const entries: LogEntry[] = []
  const log = collecting(entries)
  const parts = { log, ...chatTables, ...(clock && { clock: clock.engine }) }
  let opened = await openEngine(engineSettings(config), parts)
  let stop = new AbortController()
  let running: Promise<void> = Promise.resolve()
  let broken = false

  const again = async (): Promise<Chat> => {
    await opened.close()
    stop = new AbortController()
    opened = await openEngine(engineSettings(config), parts)
    return bench.start()
  }

  const bench: ChatBench = {
    sandbox,
    manager,
    config,
    get engine() {
      return opened.engine
    },
    entries,
    queued: [],
    breakQueue: () => {
      broken = true
    },
    start: async () => {
      const enqueue = async (id: number) => {
        if (!broken) bench.queued.push(id)
        return !broken
      }
      const upgrading = openUpgrading(config, { ask: async () => undefined, log })
      const { signal } = stop
      const chat = openChat({ engine: opened.engine, verbs, commands, config, log, enqueue, upgrading, signal })
      await new Promise<void>((resolve, reject) => {
        running = chat.run(() => resolve())
        running.catch(reject)
      })
      return chat
    },
    stop: async () => {
      stop.abort()
      await running
    },
    restart: async () => {
      stop.abort()
      await running
      return again()
    },
    die: () => {
      opened.engine.database.transaction = () => new Promise(() => {})
      stop.abort()
      running.catch(() => {})
      return again()
    },
    group: async (...people) => {
      const { id } = sandbox.addGroup({ title: 'Ops', members: [OWNER, ...people, manager.id] })
      const place = { chatId: id, threadId: WHOLE_CHAT, title: 'Ops', boundBy: OWNER, createdAt: 0 }
      await opened.engine.database.transaction((entities) => bindPlace(entities, place))
      return { id }
    },
    register: async (name) => {
      const username = `${name.replaceAll('-', '_')}_bot`
      const bot = sandbox.addBot({ username, name })
      await addBot(opened.engine, { name, repo: 'file:///repo', branch: 'main', token: new Secret(bot.token) })
      return username
    },
    says: (text, person = OWNER) => sandbox.say(person, MANAGER, text),
    answers: (to, count = 1) =>
      sandbox.waitFor(
        () => {
          const after = bench.said().filter(({ message_id }) => message_id > to.message_id)
          return after.length >= count && after
        },
        { what: `${count} answers to “${to.text}”` },
      ),
    answer: async (text) => (await bench.answers(bench.says(text)))[0]?.text ?? '',
    chat: () => sandbox.conversation(MANAGER, OWNER),
    said: () => bench.chat().filter(({ from }) => from.is_bot),
    close: async () => {
      await bench.stop()
      await opened.close()
      await sandbox.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
  return bench
}

const collecting = (entries: LogEntry[]): Log => {
  const at = (level: LogEntry['level']) => (fields: Record<string, unknown>, message: string) =>
    void entries.push({ level, message, fields })
  return { info: at('info'), warn: at('warn'), error: at('error') }
}

/** Changes an operation as the engine would while it carries it out, and tells of it. */
export const moveOn = async (
  { engine }: ChatBench,
  id: number,
  { steps = [], ...change }: Partial<Operation> & { steps?: StepEnd[] },
): Promise<void> => {
  await engine.database.transaction(async (entities) => {
    for (const step of steps) {
      const now = engine.clock.now()
      const endedAt = step.state === 'started' ? null : now
      await entities.insert('step', { operationId: id, detail: null, startedAt: now - 1500, endedAt, ...step })
    }
    await entities.update('operation', { id }, { ...change, revision: () => 'revision + 1' })
  })
  engine.changes.emit({ operation: id })
}

type StepEnd = { name: string; state: 'started' | 'done' | 'failed'; detail?: string }

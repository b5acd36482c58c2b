import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Engine } from '../../deploy-engine/index.ts'
import * as verbs from '../../deploy-engine/index.ts'
import { answer } from '../answer.ts'
import { auditFailure } from '../audited.ts'
import { openAudit } from '../chat/audit.ts'
import { engineWithin } from '../chat/engine-within.ts'
import { managerState } from '../chat/manager-state.ts'
import { newCode } from '../chat/new-code.ts'
import { openPeople } from '../chat/people.ts'
import type { Command, CommandContext, Input, Offer, Reply } from '../command.ts'
import { commands } from '../commands/index.ts'
import type { Config } from '../config.ts'
import { managerChecks } from '../doctor/manager-checks.ts'
import { OWNS_ALL } from '../role.ts'
import { toPlain } from '../text/plain.ts'
import { command, line } from '../text/rich-text.ts'
import { terminalUser } from './audited-verb.ts'
import { enqueueHere, sayUnattended, type Unattended } from './enqueue-here.ts'
import { follow } from './follow.ts'
import { openHere } from './open-here.ts'
import { readToken } from './read-token.ts'
import { EXIT, forTerminal } from './report.ts'
import { stream } from './stream.ts'

/** Carries a command out in this process, follows what it began, and gives the exit code. */
export const runVerb = async (command: Command, input: Input, { json }: { json: boolean }): Promise<number> => {
  const { engine, config, close } = await openHere()
  try {
    const errand: Errand = { engine, config, key: `terminal:${randomUUID()}` }
    const reply = await patiently(answerHere(command, input, errand), { json })
    const { operation, live } = reply
    if (live) return await stream(live, { json })
    if (operation !== undefined && !errand.unattended)
      return await follow(engine, { operation, begin: queuedText(reply), json, dataDir: config.dataDir })
    if (json && reply.lines) await printLines(reply.lines)
    else if (operation === undefined) print(reply, json)
    else if (!json) process.stdout.write(queuedText(reply))
    if (errand.unattended) return sayUnattended(operation, errand.unattended, json)
    return reply.incomplete ? EXIT.failed : 0
  } finally {
    await close()
  }
}

type Errand = {
  engine: Engine
  config: Config
  /** Of this request. */
  key: string
  unattended?: Unattended
}

const LATE_MS = 1_000

/** Whoever looks at a terminal in which nothing happens is told that something does. */
const patiently = async <T>(work: Promise<T>, { json }: { json: boolean }): Promise<T> => {
  const say = () => process.stderr.write('One moment …\n')
  const timer = json || !process.stderr.isTTY ? undefined : setTimeout(say, LATE_MS)
  return work.finally(() => clearTimeout(timer))
}

const answerHere = async (command: Command, input: Input, errand: Errand): Promise<Reply> => {
  try {
    const reply = await inItsTransaction(command, errand, (within) => answer(command, input, contextOf(within)))
    if (!reply.asks) return reply
    const token = await readToken(command, process.stdin, process.stderr)
    return await answer(command, input, { ...contextOf(errand), token })
  } catch (error) {
    await auditFailure(command, input, contextOf(errand), error)
    throw error
  }
}

const inItsTransaction = <T>(command: Command, errand: Errand, work: (errand: Errand) => Promise<T>): Promise<T> => {
  const { engine } = errand
  if (!command.onlyDatabase) return work(errand)
  return engine.database.transaction((entities) => work({ ...errand, engine: engineWithin(engine, entities) }))
}

const contextOf = (errand: Errand): CommandContext => {
  const requestedBy = terminalUser()
  return {
    engine: errand.engine,
    verbs,
    commands,
    door: 'terminal',
    requestedBy,
    access: OWNS_ALL,
    manager: () => managerState(errand.engine, errand.config),
    ownChecks: () => managerChecks(errand.engine, errand.config, errand.engine),
    // A running manager sees for itself what has changed.
    people: openPeople(errand.engine, { by: requestedBy, newCode, onChange: () => {} }),
    audit: openAudit(errand.engine, { door: 'terminal', by: requestedBy, key: errand.key }),
    follow: async () => {},
    enqueue: (operation) => enqueue(errand, operation),
    forget: async () => false,
  }
}

const enqueue = async (errand: Errand, operation: number): Promise<boolean> => {
  const unattended = await enqueueHere(errand.engine, errand.config, operation)
  if (unattended !== undefined) errand.unattended = unattended
  return true
}

const printLines = async (lines: AsyncIterable<unknown>): Promise<void> => {
  for await (const one of lines) {
    if (!process.stdout.write(`${JSON.stringify(one)}\n`)) await once(process.stdout, 'drain')
  }
}

const print = ({ text, document, data, offers = [] }: Reply, json: boolean): void => {
  if (json) process.stdout.write(`${JSON.stringify(data ?? null)}\n`)
  else
    process.stdout.write(
      document && 'content' in document
        ? document.content
        : `${forTerminal(toPlain([...text, ...offers.flat().map(offerLine)]))}\n`,
    )
}

const offerLine = ({ label, command: verb, input }: Offer) =>
  line(`${label}: `, command([verb, ...Object.values(input)].join(' ')))

const queuedText = ({ operation, text, data }: Reply): string => {
  const { superseded = [] }: { superseded?: number[] } = typeof data === 'object' && data !== null ? data : {}
  const instead = superseded.length > 0 ? `, in place of ${superseded.map((id) => `#${id}`).join(', ')}` : ''
  const notes = text.length > 0 ? `${toPlain(text)}\n` : ''
  return `Queued as #${operation}${instead}\n${notes}`
}

import { randomUUID } from 'node:crypto'
import { readFile, realpath } from 'node:fs/promises'
import { importStack, lookAtStack, Secret, type StackLook, TbsError } from '../../deploy-engine/index.ts'
import { size } from '../text/size.ts'
import { askYes } from './ask-yes.ts'
import { auditedVerb, type Here, terminalUser } from './audited-verb.ts'
import { enqueueHere, sayUnattended } from './enqueue-here.ts'
import { follow } from './follow.ts'
import { keyOf } from './key-options.ts'

export type ImportOptions = {
  as?: string
  repo?: string
  branch?: string
  keyFile?: string
  gitTokenFile?: string
  dryRun?: true
  yes?: true
  json?: true
}

/** Shows what would become of a deployment of telegram-bot-stack, and does it once that is confirmed. */
export const importDirectory = (given: string, options: ImportOptions): Promise<number> =>
  auditedVerb(wantedBy(given, options), options, async (here) => {
    const look = await lookAt(here, await directoryOf(given), options)
    if (options.dryRun) return show(look, options)
    if (!options.json) process.stdout.write(planText(look))
    if (!(options.yes || (await confirmed(look)))) return 1
    const { operation } = await importStack(here.engine, look, {
      requestedBy: terminalUser(),
      requestKey: `terminal:${randomUUID()}`,
      signal: here.signal,
    })
    here.about(look.name)
    return carriedOut(here, operation.id, options.json ?? false)
  })

const wantedBy = (directory: string, { as, repo, branch, dryRun }: ImportOptions) => {
  if (dryRun) return undefined
  const words = {
    directory,
    ...(as !== undefined && { as }),
    ...(repo !== undefined && { repo }),
    ...(branch !== undefined && { branch }),
  }
  return { verb: 'import', words }
}

const lookAt = async ({ engine }: Here, directory: string, options: ImportOptions): Promise<StackLook> => {
  const { as: name, repo, branch, keyFile, gitTokenFile } = options
  if (repo === undefined) {
    throw new TbsError('no_repo', 'telegram-bot-stack copies files: where the code of this bot is, only you know', {
      hint: 'Name its git repository: --repo https://…',
    })
  }
  const key = await keyOf({ ...(keyFile !== undefined && { keyFile }) })
  const gitToken = gitTokenFile === undefined ? undefined : new Secret((await readFile(gitTokenFile, 'utf8')).trim())
  return lookAtStack(engine, {
    ...{ directory, repo },
    ...(name !== undefined && { name }),
    ...(branch !== undefined && { branch }),
    ...(key && { key }),
    ...(gitToken && { gitToken }),
  })
}

const directoryOf = (given: string): Promise<string> =>
  realpath(given).catch((cause: Error) => {
    throw new TbsError('unreadable', `${given} can’t be read: ${cause.message}`, { hint: 'Look at its path', cause })
  })

const show = (look: StackLook, { json }: ImportOptions): number => {
  if (json) process.stdout.write(`${JSON.stringify(planData(look))}\n`)
  else process.stdout.write(`${planText(look)}This was a dry run: nothing was changed.\n`)
  return 0
}

const confirmed = async ({ name }: StackLook): Promise<boolean> => {
  if (!process.stdin.isTTY) {
    throw new TbsError('needs_answer', 'Nothing was changed: it has to be confirmed', { hint: 'Add --yes' })
  }
  return askYes(`Make ${name} of it?`)
}

const carriedOut = async ({ engine, config }: Here, operation: number, json: boolean): Promise<number> => {
  const why = await enqueueHere(engine, config, operation)
  if (why !== undefined) return sayUnattended(operation, why, json)
  return follow(engine, { operation, begin: `Queued as #${operation}\n`, json, dataDir: config.dataDir })
}

const planText = (look: StackLook): string => {
  const { name, account, repo, branch, settings, secrets, data, directory, runs, left } = look
  const limits = [
    ...(look.memoryBytes === null ? [] : [`${look.memoryBytes / 1024 ** 2} MB of memory`]),
    ...(look.cpus === null ? [] : [`${look.cpus} cores`]),
  ]
  return [
    `${name}${account ? ` (@${account.username})` : ''}, out of ${directory}`,
    `– repository: ${repo}, ${branch === null ? 'its default branch' : `branch ${branch}`}`,
    `– variables: ${listed(Object.keys(settings))}`,
    `– secrets: ${listed([...(account ? [look.tokenEnv] : []), ...Object.keys(secrets)])}`,
    `– limits: ${limits.length === 0 ? 'as everywhere' : limits.join(', ')}`,
    data
      ? `– data: ${data.files} ${data.files === 1 ? 'file' : 'files'}, ${size(data.bytes)}, in a volume at ${data.path}`
      : '– data: none',
    ...(left.length > 0 ? ['What does not come along:', ...left.map(({ what, why }) => `– ${what}: ${why}`)] : []),
    ...(runs ? ['It runs here at this moment. Before it is taken over it has to be stopped: docker compose stop'] : []),
    'If it runs somewhere else, stop it there: two would take each other’s updates.',
    '',
  ].join('\n')
}

const listed = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.toSorted().join(', '))

const planData = ({ account, settings, secrets, gitToken: _, ...look }: StackLook) => ({
  ...look,
  username: account?.username ?? null,
  settings: Object.keys(settings),
  secrets: Object.keys(secrets),
})

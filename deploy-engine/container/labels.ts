import type { Labels } from '../ports.ts'

type Role = 'bot' | 'probe' | 'task' | 'copy' | 'restored'

/** Every Docker object of this installation carries its name; what lacks it is not ours and is never touched. */
export const instanceLabels = (instance: string): Labels => ({ 'tbs.instance': instance })

export const botLabels = (instance: string, bot: string): Labels => ({ 'tbs.instance': instance, 'tbs.bot': bot })

export const containerLabels = (instance: string, of: { bot: string; release: number; operation: number }): Labels => ({
  ...botLabels(instance, of.bot),
  'tbs.role': 'bot' satisfies Role,
  'tbs.release': String(of.release),
  'tbs.operation': String(of.operation),
})

export const probeLabels = (instance: string, bot: string): Labels => ({
  ...botLabels(instance, bot),
  'tbs.role': 'probe' satisfies Role,
})

/** Which files of a container are ours, by their paths: config files, which are no data of the bot. */
export const filesLabel = (paths: readonly string[]): Labels =>
  paths.length === 0 ? {} : { [FILES]: JSON.stringify(paths) }

export const ownFilesOf = (labels: Labels): string[] => {
  const paths: unknown = JSON.parse(labels[FILES] ?? '[]')
  return Array.isArray(paths) ? paths.map(String) : []
}

const FILES = 'tbs.files'

/** Selects the containers of all bots, without the probes beside them. */
export const everyBotContainerLabels = (instance: string): Labels => ({
  ...instanceLabels(instance),
  'tbs.role': 'bot' satisfies Role,
})

/** The same of one bot. */
export const botContainerLabels = (instance: string, bot: string): Labels => ({
  ...botLabels(instance, bot),
  'tbs.role': 'bot' satisfies Role,
})

/** Of a container that does one thing for an operation and ends. */
export const taskLabels = (instance: string, bot: string): Labels => ({
  ...botLabels(instance, bot),
  'tbs.role': 'task' satisfies Role,
})

/** Of a volume that a restore made. */
export const restoredLabels = (instance: string, bot: string): Labels => ({
  ...botLabels(instance, bot),
  'tbs.role': 'restored' satisfies Role,
})

/** Of a volume that holds another one's content. */
export const copyLabels = (instance: string, bot: string): Labels => ({
  ...botLabels(instance, bot),
  'tbs.role': 'copy' satisfies Role,
})

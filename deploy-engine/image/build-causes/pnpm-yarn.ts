import { noSuchVersion, notInRegistry, type Rule, staleLockfile } from './rule.ts'

export const pnpmRules: Rule[] = [
  {
    pattern: /^\s*ERR_PNPM_FETCH_404\s.*\n(?:.*\n){0,4}?(?<name>\S+) is not in the npm registry/m,
    cause: ({ groups: { name = '' } }) => notInRegistry(name, 'ERR_PNPM_FETCH_404'),
  },
  {
    pattern: /^\s*ERR_PNPM_NO_MATCHING_VERSION\w*\s+No matching version found for (?<spec>\S+)/m,
    cause: ({ groups: { spec = '' } }) => noSuchVersion(spec, 'ERR_PNPM_NO_MATCHING_VERSION'),
  },
  {
    pattern: /^\s*(?<code>ERR_PNPM_(?:OUTDATED_LOCKFILE|LOCKFILE_CONFIG_MISMATCH|FROZEN_LOCKFILE\w*))\s/m,
    cause: ({ groups: { code = '' } }) => staleLockfile('pnpm-lock.yaml', code),
  },
  {
    pattern: /^\s*(?<code>ERR_PNPM_\w+)\s+(?<text>.+)$/m,
    cause: ({ groups: { code = '', text = '' } }) => ({ text: `${text} (${code})` }),
  },
]

/** Yarn 1, and the message numbers of the later ones that end an install. */
export const yarnRules: Rule[] = [
  {
    pattern: /^error Couldn't find package "(?<name>[^"]+)"/m,
    cause: ({ groups: { name = '' } }) => notInRegistry(name, 'yarn'),
  },
  {
    pattern: /^error Couldn't find any versions for "(?<name>[^"]+)" that matches "(?<range>[^"]+)"/m,
    cause: ({ groups: { name = '', range = '' } }) => noSuchVersion(`${name}@${range}`, 'yarn'),
  },
  {
    pattern: /^error Your lockfile needs to be updated|YN0028: .*lockfile would have been modified/m,
    cause: () => staleLockfile('yarn.lock', 'yarn'),
  },
  {
    pattern: /YN0035: [│ ]*(?<spec>[^\s:]+)(?:@npm:\S*)?: .*not found/,
    cause: ({ groups: { spec = '' } }) => notInRegistry(spec.replace(/@npm.*/, ''), 'YN0035'),
  },
  {
    pattern: /YN(?<number>0082|0009|0018): [│ ]*(?<text>.+)$/m,
    cause: ({ groups: { number = '', text = '' } }) => ({ text: `${text} (YN${number})` }),
  },
]

/** Yarn 1 ends with this after whatever went wrong. */
export const yarnLastRules: Rule[] = [
  {
    pattern: /^error (?!Command failed)(?<text>\S.*)$/m,
    cause: ({ groups: { text = '' } }) => ({ text: `yarn says: ${text}` }),
  },
]

import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Each takes more than a minute, the longest first. Where one is missing, the end of a run waits a little longer.
const LONGEST = [
  'browser/journey',
  'integration/install',
  'faults/exits',
  'faults/redis',
  'faults/killed-manager',
  'faults/hung-manager',
  'faults/quiet-bot',
  'faults/release-hook',
  'integration/logs-and-health',
  'faults/under-load',
  'integration/switch',
  'integration/restore',
  'faults/cancel',
  'faults/docker-restart',
  'integration/backup-elsewhere',
  'faults/deaf',
  'faults/many-deploys',
  'integration/unknown-repo',
]

/**
 * What takes longest begins first, also where nothing has run yet that could tell: else one file is waited for alone
 * at the end. vitest wants a class.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => groupOf(a) - groupOf(b) || rankOf(a) - rankOf(b))
  }
}

const groupOf = ({ project }: TestSpecification): number => project.config.sequence.groupOrder

const rankOf = ({ moduleId }: TestSpecification): number => {
  const rank = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`))
  return rank < 0 ? LONGEST.length : rank
}

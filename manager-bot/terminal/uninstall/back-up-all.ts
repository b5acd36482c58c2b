import { TbsError } from '../../../deploy-engine/index.ts'
import type { Ran, Target } from '../install/target.ts'

/** A backup of every bot, by the manager that still runs; gives what to say of it. Fails with `no_last_backup`. */
export const backUpAll = async (root: Target, manager: string): Promise<string> => {
  const inside = (...words: string[]) => root.run(['docker', 'exec', manager, 'tbs-manager', ...words, '--json'])
  const listed = await inside('bots')
  if (listed.code !== 0) throw notBackedUp('The bots', listed)
  const bots = JSON.parse(listed.stdout) as { name: string; state: string }[]
  const deployed = bots.filter(({ state }) => state !== 'not deployed')
  for (const { name } of deployed) {
    const ran = await inside('backup', name)
    if (ran.code !== 0) throw notBackedUp(name, ran)
  }
  return deployed.length === 0 ? 'no bot has anything to back up' : deployed.map(({ name }) => name).join(', ')
}

const notBackedUp = (what: string, { stdout, stderr }: Ran): TbsError =>
  new TbsError('no_last_backup', `${what} could not be backed up: ${(stderr || stdout).trim()}`, {
    hint: 'Nothing was removed. Correct it, or leave it out with --no-backup',
  })

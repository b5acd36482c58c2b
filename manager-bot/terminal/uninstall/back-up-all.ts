import { TbsError } from '../../../deploy-engine/index.ts'
import type { Target } from '../install/target.ts'

/** A backup of every bot, by the manager that still runs; gives what to say of it. Fails with `no_last_backup`. */
export const backUpAll = async (root: Target, manager: string): Promise<string> => {
  const inside = (...words: string[]) => root.run(['docker', 'exec', manager, 'tbs-manager', ...words, '--json'])
  const { stdout } = await inside('bots')
  const bots = JSON.parse(stdout || '[]') as { name: string; state: string }[]
  const deployed = bots.filter(({ state }) => state !== 'not deployed')
  for (const { name } of deployed) {
    const { code, stdout, stderr } = await inside('backup', name)
    if (code === 0) continue
    throw new TbsError('no_last_backup', `${name} could not be backed up: ${(stderr || stdout).trim()}`, {
      hint: 'Nothing was removed. Correct it, or leave it out with --no-backup',
    })
  }
  return deployed.length === 0 ? 'no bot has anything to back up' : deployed.map(({ name }) => name).join(', ')
}

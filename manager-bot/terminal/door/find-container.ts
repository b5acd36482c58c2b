import { type Secret, TbsError } from '../../../deploy-engine/index.ts'
import { becomeRoot } from '../install/become-root.ts'
import { managerContainers } from '../install/manager-container.ts'
import type { Question } from '../install/question.ts'
import { ask, type Target } from '../install/target.ts'

export type Finding = {
  instance: string
  passwords: (Secret | undefined)[]
  question: Question
}

export type FoundContainer = { id: string; running: boolean; target: Target }

/**
 * The container of a manager, and who may talk to Docker. Fails with `no_manager`, and with `manager_stopped` unless a
 * stopped one will do.
 */
export const findContainer = async (
  target: Target,
  finding: Finding & { orStopped: boolean },
): Promise<FoundContainer> => {
  const allowed = await mayUseDocker(target, finding)
  const found = allowed ? await managerContainers(allowed, finding.instance) : []
  const chosen = found.find(({ running }) => running) ?? (finding.orStopped ? found[0] : undefined)
  if (allowed && chosen) return { ...chosen, target: allowed }
  throw found.length > 0 ? stopped(target, finding) : missing(target, finding)
}

// Whoever may use Docker need not become root.
const mayUseDocker = async (target: Target, finding: Finding): Promise<Target | undefined> => {
  if ((await target.run(['docker', 'ps', '--quiet'])).code === 0) return target
  const { root } = await becomeRoot(target, finding)
  return (await ask(root, ['docker', '--version'])) === undefined ? undefined : root
}

const missing = ({ name }: Target, { instance }: Finding): TbsError =>
  new TbsError('no_manager', `There is no manager of the instance ${instance} on ${name}`, {
    hint: 'If it has another name: --instance <name>. To have one there: tbs-manager install',
  })

const stopped = ({ name }: Target, { instance }: Finding): TbsError =>
  new TbsError('manager_stopped', `The manager of the instance ${instance} on ${name} does not run`, {
    hint: 'Nothing was done. The command that installed it starts it again: tbs-manager install',
  })

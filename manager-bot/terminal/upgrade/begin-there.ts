import { type ErrorCode, TbsError, type Upgrade } from '../../../deploy-engine/index.ts'
import { placesOf } from '../install/places.ts'
import { must, type Target } from '../install/target.ts'

type Beginning = {
  instance: string
  /** Its container, whether it runs or not. */
  manager: string
  /** undefined: the version before. */
  image: string | undefined
}

/**
 * Begins it by a short-lived container: the manager need not run for that, and the new version knows best how it is to
 * be brought up. Fails like `beginUpgrade`.
 */
export const beginThere = async (root: Target, { instance, manager, image }: Beginning): Promise<Upgrade> => {
  const current = await must(root, ['docker', 'inspect', '--format', '{{.Image}}', manager])
  const { data } = placesOf(instance)
  const env = ['--env', `TBS_INSTANCE=${instance}`, '--env', `TBS_DATA_DIR=${data}`]
  const { code, stdout, stderr } = await root.run([
    ...['docker', 'run', '--rm', '--label', `tbs.instance=${instance}`, '--label', 'tbs.role=question'],
    ...['--network', 'none', '--read-only', '--tmpfs', '/tmp', '--volumes-from', manager, ...env],
    ...[image ?? current.trim(), 'begin-upgrade', ...(image === undefined ? [] : ['--image', image]), '--json'],
  ])
  const said: { error?: { code: ErrorCode; message: string; hint?: string } } & Upgrade = lastJson(stdout)
  if (said.error) throw new TbsError(said.error.code, said.error.message, said.error)
  if (code !== 0) throw new TbsError('command_failed', `The upgrade could not begin (code ${code}): ${stderr.trim()}`)
  return said
}

const lastJson = (text: string) => JSON.parse(text.trim().split('\n').at(-1) || '{}')

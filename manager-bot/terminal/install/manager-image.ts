import { Readable } from 'node:stream'
import { TbsError } from '../../../deploy-engine/index.ts'
import { managerImage, PACKAGE_LABEL, type Package } from '../../package-files.ts'
import { ask, must, type RunOptions, type Target } from './target.ts'

export type ManagerImage = { id: string; tag: string; built: boolean }

/** Built there from this very package, unless it was before. Fails with `image_not_built`. */
export const buildManagerImage = async (
  root: Target,
  { instance, own }: { instance: string; own: Package },
  options: RunOptions,
): Promise<ManagerImage> => {
  const { tag, labels, dockerfile } = managerImage(instance, own)
  const there = await ask(root, ['docker', 'image', 'inspect', '--format', FOUND, tag])
  const [id, hash] = there?.split(' ') ?? []
  if (id !== undefined && hash === own.hash) return { id, tag, built: false }
  const labelled = Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`])
  await must(root, ['docker', 'build', ...labelled, '--tag', tag, '--file', dockerfile, '-'], {
    ...options,
    stdin: Readable.from([own.archive]),
  }).catch((cause) => {
    if (!(cause instanceof TbsError) || cause.code !== 'command_failed') throw cause
    throw new TbsError('image_not_built', `The manager's image could not be built: ${cause.message}`, { cause })
  })
  return { id: (await must(root, ['docker', 'image', 'inspect', '--format', '{{.Id}}', tag])).trim(), tag, built: true }
}

const FOUND = `{{.Id}} {{index .Config.Labels "${PACKAGE_LABEL}"}}`

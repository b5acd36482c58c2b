import { placesOf } from '../install/places.ts'
import type { Found } from './look.ts'

export type Choice = {
  /** The bots' containers, images and networks, too. */
  bots: boolean
  /** The data dir, keys and backups; together with `bots` also their volumes. */
  data: boolean
}

/** What goes, and what stays, in the order in which it is done. */
export type Plan = {
  containers: string[]
  images: string[]
  networks: string[]
  volumes: string[]
  /** Single files; a directory is removed once it is empty. */
  files: string[]
  /** With all in it. */
  directories: string[]
  kept: string[]
}

/** Nothing is in it that has no label or place of this instance. */
export const planOf = (instance: string, found: Found, { bots, data }: Choice): Plan => {
  const places = placesOf(instance)
  const { manager, others, images, networks } = found
  // A container that is stopped could not be started again without its network.
  const needed = bots ? [] : found.bots.map(({ bot }) => bot)
  const isData = (path: string) => path === places.keys || path === places.data
  const containers = [...manager, ...others, ...(bots ? found.bots : [])].map(({ id }) => id)
  const volumes = bots && data ? found.volumes : []
  const keptBots = bots ? [] : found.bots.map(({ name }) => `${name}, which ${IS_A_BOT}`)
  return {
    containers,
    images: [...images.manager, ...(bots ? images.bots : [])],
    networks: networks.filter(({ bot }) => !needed.includes(bot)).map(({ id }) => id),
    volumes,
    files: found.paths.filter((path) => !isData(path)),
    directories: data ? found.paths.filter(isData) : [],
    kept: [
      ...keptBots,
      ...(data ? [] : found.paths.filter(isData)),
      ...(volumes.length < found.volumes.length ? [`${found.volumes.length} volumes with data of bots`] : []),
    ],
  }
}

const IS_A_BOT = 'goes on as it is, and is looked after by nobody'

export const isEmpty = ({ kept: _, ...goes }: Plan): boolean => Object.values(goes).every((list) => list.length === 0)

/** For people, before they are asked. */
export const planText = (plan: Plan, { where, backup }: { where: string; backup: string }): string =>
  [
    `On ${where}, this will be removed:`,
    ...counted(plan.containers, 'container', 'containers'),
    ...counted(plan.images, 'image', 'images'),
    ...counted(plan.networks, 'network', 'networks'),
    ...counted(plan.volumes, 'volume with data of a bot', 'volumes with data of bots'),
    ...[...plan.files, ...plan.directories.map((path) => `${path} and all in it`)].map((path) => `– ${path}`),
    `Before: ${backup}`,
    ...(plan.kept.length > 0 ? ['This stays:', ...plan.kept.map((what) => `– ${what}`)] : []),
    '',
  ].join('\n')

const counted = ({ length }: string[], one: string, more: string): string[] =>
  length === 0 ? [] : [`– ${length} ${length === 1 ? one : more}`]

import { resolve } from 'node:path'
import {
  backupFile,
  importBackup,
  type Verified,
  type VerifiedFile,
  verifyBackup,
  verifyFile,
} from '../../deploy-engine/index.ts'
import { size } from '../text/size.ts'
import { auditedVerb } from './audited-verb.ts'
import { type KeyOptions, keyOf } from './key-options.ts'

/** Tells what was checked; the exit code is 0 only when all of it is as it was written. */
export const verify = (which: string, options: KeyOptions): Promise<number> =>
  auditedVerb({ verb: 'backup verify', words: { backup: which } }, options, async ({ engine, signal, about }) => {
    const key = await keyOf(options)
    const id = /^\d+$/.test(which) ? Number(which) : undefined
    const ours = id === undefined ? undefined : await backupFile(engine, id)
    if (ours) about(ours.bot)
    const file = ours?.path ?? resolve(which)
    const found =
      id === undefined
        ? { whole: await verifyFile(engine, { file, ...(key && { key }), signal }) }
        : await verifyBackup(engine, id, signal)
    if (options.json) process.stdout.write(`${JSON.stringify(found.whole ? dataOf(found.whole) : found.state)}\n`)
    else
      process.stdout.write(`${(found.whole ? linesOf(found.whole, file) : stateLines(found.state, file)).join('\n')}\n`)
    return 0
  })

/** Gives the number under which it can be restored. */
export const importFile = (path: string, options: KeyOptions): Promise<number> =>
  auditedVerb({ verb: 'backup import', words: { file: path } }, options, async ({ engine, signal, about }) => {
    const key = await keyOf(options)
    const { id, bot, file } = await importBackup(engine, { file: resolve(path), ...(key && { key }), signal })
    about(bot)
    if (options.json) process.stdout.write(`${JSON.stringify({ id, bot, file })}\n`)
    else
      process.stdout.write(
        `It is whole, and backup ${id} here: ${file}\nRestore it: tbs-manager restore ${bot} ${id}\n`,
      )
    return 0
  })

const linesOf = ({ manifest, secrets, contents }: VerifiedFile, file: string): string[] => {
  const { bot, takenAt, release, volumes, format, instance } = manifest
  const parts = volumes.map(({ path, bytes }, place) => {
    const { files = 0 } = contents[place] ?? {}
    return `– ${path}: ${files} ${files === 1 ? 'file' : 'files'}, ${size(bytes)}`
  })
  return [
    `${file} is whole: decrypted, unpacked to its end and held against ${volumes.length + 1} checksums.`,
    `${bot.name} (@${bot.username}) of ${instance}, ${new Date(takenAt).toISOString()}, format ${format}`,
    ...(release ? [`– v${release.number} (${release.sha.slice(0, 7)} “${release.subject}”) and its settings`] : []),
    `– ${Object.keys(secrets).length} secrets`,
    ...(parts.length > 0 ? parts : ['– no data']),
  ]
}

const stateLines = (files: Verified['state'] & object, file: string): string[] => [
  `${file} is whole: decrypted and unpacked to its end. It is of the manager itself.`,
  ...files.map(({ name, bytes }) => `– ${name}: ${size(bytes)}`),
]

const dataOf = ({ manifest, secrets, contents }: VerifiedFile) => ({
  ...{ bot: manifest.bot.name, instance: manifest.instance, takenAt: manifest.takenAt, format: manifest.format },
  ...{ release: manifest.release?.number ?? null, secrets: Object.keys(secrets) },
  volumes: manifest.volumes.map(({ path, bytes }, place) => ({ path, bytes, files: contents[place]?.files ?? 0 })),
})

import { dataDirectories, dataFiles } from '../container/data-files.ts'
import { ownFilesOf } from '../container/labels.ts'
import { messageOf } from '../error.ts'
import type { Release } from '../records/release.ts'
import type { Run } from './journal.ts'

const LIMIT_MS = 10_000

/** `directories` could become volumes; the warnings say what else is in danger. */
export type DataOutside = { directories: string[]; warnings: string[] }

/** What a version has written outside volumes during its first run: it would be lost with its container. */
export const dataOutside = async ({ engine, bot }: Run, release: Release, container: string): Promise<DataOutside> => {
  const { docker, log } = engine
  try {
    const { workdir = '/', labels = {} } = (await docker.container(container)) ?? {}
    const files = dataFiles(await docker.diff(container, AbortSignal.timeout(LIMIT_MS)), ownFilesOf(labels))
    const { directories, beside } = dataDirectories(files, workdir)
    const kept = directories.map((directory) => `${directory} is no volume: its data stays only with this container`)
    const program = beside.map((file) => `${file} lies beside the program, which is replaced by the next deploy`)
    const hint = beside.length > 0 ? [`Let ${bot.name} write into a directory of its own, such as data/`] : []
    return { directories, warnings: [...kept, ...program, ...hint] }
  } catch (error) {
    log.warn({ container, release: release.number, error: messageOf(error) }, 'changed files could not be read')
    return { directories: [], warnings: [] }
  }
}

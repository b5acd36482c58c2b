import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { emptyState, type State } from './state.ts'
import type { World } from './world.ts'

const FORMAT = 1
const WRITE_AFTER_MS = 200

/** The state kept in the file, or an empty one when there is no file. Throws when the file is not a sandbox's state. */
export const readState = (file: string): State => {
  const text = textOf(file)
  if (text === undefined) return emptyState()
  try {
    const { format, state } = JSON.parse(text)
    if (format === FORMAT) return state
  } catch (cause) {
    throw new Error(`The sandbox's state in ${file} is damaged: move the file away to begin anew`, { cause })
  }
  throw new Error(`The sandbox's state in ${file} is of another version: move the file away to begin anew`)
}

/** Writes the file soon after each change. The result writes what is left and stops. */
export const keepState = (world: World, file: string): (() => void) => {
  let timer: NodeJS.Timeout | undefined
  const write = () => {
    clearTimeout(timer)
    timer = undefined
    writeState(file, world.state)
  }
  const changed = () => {
    timer ??= setTimeout(write, WRITE_AFTER_MS).unref()
  }
  mkdirSync(dirname(file), { recursive: true })
  world.listeners.add(changed)
  return () => {
    world.listeners.delete(changed)
    write()
  }
}

// Bot tokens of the sandbox are in it, and it may be copied from a real setup: only for the owner.
const writeState = (file: string, state: State) => {
  const unfinished = `${file}.new`
  writeFileSync(unfinished, JSON.stringify({ format: FORMAT, state }), { mode: 0o600 })
  renameSync(unfinished, file)
}

const textOf = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

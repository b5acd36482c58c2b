import type { State } from './hysteresis.ts'

/** What was found at one look: a sentence for people, of a trouble or of its end, and what to do about it. */
export type Finding = { state: State; found: string; hint?: string }

const MIB = 1024 ** 2
const GIB = 1024 ** 3

export type Disk = { path: string; freeBytes: number; totalBytes: number }

/** Bad below 15 % or 2 GB free, good again above 18 % and 2.5 GB; of several disks the fullest counts. */
export const diskFinding = (disks: readonly Disk[]): Finding => {
  const judged = disks.map((disk) => ({ ...disk, state: stateOfDisk(disk) }))
  const [worst] = judged.toSorted((a, b) => rank(a.state) - rank(b.state) || partOf(a) - partOf(b))
  if (!worst || worst.state === 'good') return { state: 'good', found: 'enough disk is free again' }
  const { state, path, freeBytes, totalBytes } = worst
  const found = `Only ${size(freeBytes)} of ${size(totalBytes)} are free on the disk of ${path}`
  return { state, found, hint: '/prune shows old images that nothing needs, and removes them' }
}

const stateOfDisk = (disk: Disk): State => {
  if (partOf(disk) < 0.15 || disk.freeBytes < 2 * GIB) return 'bad'
  return partOf(disk) > 0.18 && disk.freeBytes > 2.5 * GIB ? 'good' : 'between'
}

const partOf = ({ freeBytes, totalBytes }: Disk): number => freeBytes / totalBytes

const rank = (state: State): number => ['bad', 'between', 'good'].indexOf(state)

/** Bad below 5 % or 100 MB that the host can still give out, good again above 8 % and 150 MB. */
export const memoryFinding = ({ freeBytes, totalBytes }: Omit<Disk, 'path'>): Finding => {
  const part = freeBytes / totalBytes
  if (part > 0.08 && freeBytes > 150 * MIB) return { state: 'good', found: 'enough memory is free again' }
  return {
    state: part < 0.05 || freeBytes < 100 * MIB ? 'bad' : 'between',
    found: `Only ${size(freeBytes)} of ${size(totalBytes)} of this host’s memory are free`,
    hint: 'Stop a bot that takes much, or give the host more memory',
  }
}

/** Bad above 4 running processes for each core, good again below 3. */
export const loadFinding = ({ average, cores }: { average: number; cores: number }): Finding => {
  const each = average / cores
  if (each < 3) return { state: 'good', found: 'the host has less to do again' }
  const has = `${cores} ${cores === 1 ? 'core' : 'cores'}`
  return {
    state: each > 4 ? 'bad' : 'between',
    found: `The host is overloaded: ${average.toFixed(1)} processes at a time want its ${has}`,
    hint: 'See on the server which ones they are: top, or docker stats',
  }
}

const JUMP_MS = 60_000

/** Bad at the look after a jump of more than 60 s. */
export const clockFinding = (jumpMs: number): Finding => {
  const by = Math.abs(jumpMs)
  if (by <= JUMP_MS) return { state: 'good', found: 'the clock has kept its pace since' }
  return {
    state: 'bad',
    found: `The clock of the host was set ${jumpMs > 0 ? 'forward' : 'back'} by ${duration(by)}`,
    hint: 'Times may look odd for a while. See on the server whether it keeps its time by itself: timedatectl',
  }
}

const size = (bytes: number): string =>
  bytes >= GIB ? `${(bytes / GIB).toFixed(1)} GB` : `${Math.floor(bytes / MIB)} MB`

const duration = (ms: number): string => {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 120) return `${minutes} min`
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`
}

import type { ContainerSpec, EngineSettings } from '../ports.ts'
import { taskLabels } from './labels.ts'
import { PROBE_IMAGE } from './probe.ts'

export type VolumeTask = {
  script: string
  args?: readonly string[]
  /** Path in the container and the volume that is mounted there. */
  mounts: { volume: string; path: string }[]
}

const MEMORY_BYTES = 256 * 1024 * 1024

// All that root needs in order to keep owners, modes, devices and capabilities of files.
const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'SETFCAP', 'MKNOD']

/** A short-lived container that works on volumes as root, without a network. */
export const volumeTask = (
  { instance, timezone }: Pick<EngineSettings, 'instance' | 'timezone'>,
  { bot, name }: { bot: string; name: string },
  { script, args = [], mounts }: VolumeTask,
): ContainerSpec => ({
  name,
  image: PROBE_IMAGE,
  entrypoint: [],
  command: ['bash', '-c', `set -euo pipefail\n${script}`, 'task', ...args],
  user: '0:0',
  env: { TZ: timezone, LC_ALL: 'C' },
  labels: taskLabels(instance, bot),
  network: 'none',
  extraNetworks: [],
  extraHosts: [],
  mounts: mounts.map((mount) => ({ ...mount, bare: true })),
  ports: [],
  memoryBytes: MEMORY_BYTES,
  cpus: 1,
  pids: 64,
  capDrop: ['ALL'],
  capAdd: CAPABILITIES,
})

/**
 * Makes /to/0, /to/1, … what /from/0, /from/1, … are, from whatever half of it an earlier try left. Written through
 * to the disk, since it is relied on after a power cut.
 */
export const COPY = `
for place; do
  find "/to/$place" -mindepth 1 -delete
  cp -a "/from/$place/." "/to/$place/"
  sync -f "/to/$place"
done`

/** What was put there from outside is on the disk afterwards. */
export const SYNC = 'sync -f /data'

/** Prints the bytes that /data/… take and the bytes that are free beside them. */
export const MEASURE = `
du --summarize --block-size=1 --total /data | tail -n 1 | cut -f 1
df --block-size=1 --output=avail "/data/$1" | tail -n 1`

/** Prints the bytes of all files below /data, and how many there are. What comes and goes meanwhile is no trouble. */
export const SIZES = `
{ du --summarize --apparent-size --block-size=1 --total /data 2>/dev/null || true; } | tail -n 1 | cut -f 1
{ find /data 2>/dev/null || true; } | wc -l`

/** $1: a user's number; the others are places. Prints those below which somebody else owns something. */
export const FOREIGN = `
user=$1; shift
for place; do
  if [ -n "$(find "/data/$place" ! -uid "$user" -print -quit)" ]; then echo "$place"; fi
done`

/** $1: user:group; the others are places. Writes down below /list who owns what before it gives it to that user. */
export const GIVE = `
owner=$1; shift
for place; do
  cd "/data/$place"
  find . -printf '%U:%G %p\\0' > "/list/$place/part"
  sync -f "/list/$place"
  mv "/list/$place/part" "/list/$place/owners"
done
for place; do find "/data/$place" ! -uid "\${owner%%:*}" -exec chown --no-dereference "$owner" {} +; done`

/**
 * Gives everything back to who owned it, and what was made since to the owner of the volume itself.
 * Without a list nothing was given away.
 */
export const GIVE_BACK = `
give='
  owner=$1; shift
  for path; do
    if [ -e "$path" ] || [ -L "$path" ]; then printf "%s\\\\0" "$path"; fi
  done | xargs --null --no-run-if-empty chown --no-dereference "$owner"'
for place; do
  list=/list/$place/owners
  [ -e "$list" ] || continue
  cd "/data/$place"
  cut --zero-terminated --delimiter=' ' --fields=1 "$list" | tr '\\0' '\\n' > /tmp/owners
  first=$(head --lines=1 /tmp/owners)
  chown --no-dereference --recursive "$first" .
  for owner in $(sort --unique /tmp/owners); do
    [ "$owner" = "$first" ] && continue
    sed --null-data --quiet "s/^$owner //p" "$list" |
      xargs --null --no-run-if-empty bash -c "$give" give "$owner"
  done
done`

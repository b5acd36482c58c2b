import { join } from 'node:path'
import { type Check, type HostPorts, managerContainer, type Seen } from '../../deploy-engine/index.ts'
import type { Config } from '../config.ts'
import { placesOf } from '../terminal/install/places.ts'
import { age } from '../text/duration.ts'

/** Whether what looks after the manager from outside has looked lately: its state is where also a container sees it. */
export const hostTimerCheck = (host: HostPorts, { dataDir, instance }: Config): Check => ({
  name: 'timer',
  look: async () => {
    const { files, clock, docker } = host
    const places = placesOf(instance)
    const looked = await files.stateOf(join(dataDir, 'host-timer'))
    if (looked) return judged(clock.now() - looked.writtenAt)
    if (!(await managerContainer(docker, instance))) return NEEDLESS
    const units = [`/etc/systemd/system/${places.timerUnit}.timer`, places.cron]
    const there = await Promise.all(units.map((unit) => files.stateOf(unit)))
    return there.some(Boolean) ? NEVER_LOOKED : UNSEEN
  },
})

const LATE_MS = 10 * 60_000

const judged = (since: number): Seen =>
  since < LATE_MS
    ? { state: 'ok', found: `The host timer looked ${age(since)}` }
    : { state: 'warn', found: `The host timer looked last ${age(since)}`, consequence: UNWATCHED, fix: SEE }

const UNWATCHED = 'If the manager hangs or its container is gone, nobody restarts it and nobody is told'
const SEE = 'See on the server: systemctl list-timers, or /etc/cron.d; tbs-manager install puts it back'

const UNSEEN: Seen = {
  state: 'warn',
  found: 'Whether there is a host timer is not known from here: none has left a trace',
  consequence: UNWATCHED,
  fix: SEE,
}

const NEVER_LOOKED: Seen = {
  state: 'warn',
  found: 'The host timer is installed and has never looked',
  consequence: UNWATCHED,
  fix: SEE,
}

const NEEDLESS: Seen = { state: 'ok', found: 'No host timer is needed: it is for a manager in a container' }

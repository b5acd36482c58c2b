import type { Behaviour } from './behaviour.ts'
import { type Daemon, goAway, isRunning, type Machine, type Process, print } from './daemon.ts'
import { tellEvent } from './events.ts'
import { volumeTask } from './volume-tasks.ts'

const BOOT_MS = 150
const CHECK_MS = 300
const STOP_MS = 50
const TASK_MS = 300
const KILLED = 137
const FIRST_RESTART_MS = 100
const LONGEST_RESTART_MS = 60_000
const FINE_AFTER_MS = 10_000

/** Starts the process of a container that does not run. */
export const run = (daemon: Daemon, machine: Machine): void => {
  machine.state = 'running'
  machine.startedAt = daemon.clock.now()
  machine.exitCode = 0
  machine.starts += 1
  machine.process = processOf(daemon, machine, machine.image.behaviour)
  tellEvent(daemon, machine, { action: 'start' })
}

/** SIGKILL. The restart policy does not apply to what was done by hand. */
export const killMachine = (daemon: Daemon, machine: Machine): void => {
  machine.stoppedByHand = true
  end(daemon, machine, KILLED)
}

/** The process ends by itself. */
export const crashMachine = (daemon: Daemon, machine: Machine, exitCode: number, outOfMemory = false): void => {
  end(daemon, machine, exitCode)
  machine.outOfMemory = outOfMemory
}

/** SIGTERM, and SIGKILL when the time is over; resolves when the process is gone. */
export const stopMachine = (daemon: Daemon, machine: Machine, graceSeconds: number): Promise<void> => {
  machine.stoppedByHand = true
  const gone = new Promise<void>((resolve) => {
    machine.onExit.add(resolve)
  })
  const forget = daemon.clock.after(graceSeconds * 1000, () => end(daemon, machine, KILLED))
  machine.onExit.add(forget)
  if (machine.state === 'restarting') end(daemon, machine, machine.exitCode)
  else machine.process?.terminate()
  return gone
}

/** A paused process goes on, with what was due meanwhile. */
export const thaw = (machine: Machine): void => {
  machine.paused = false
  for (const what of machine.frozen.splice(0)) what()
  machine.process?.thaw()
}

/** All containers end with the daemon; those with a policy and not stopped by hand come back with it. */
export const restartDaemon = (daemon: Daemon, awayMs: number): void => {
  const ran = [...daemon.machines.values()].filter(isRunning)
  goAway(daemon)
  for (const machine of ran) {
    // Not an exit of its own: the policy would start it before the daemon is back.
    const { stoppedByHand } = machine
    machine.stoppedByHand = true
    end(daemon, machine, 0)
    machine.stoppedByHand = stoppedByHand
  }
  daemon.clock.after(awayMs, () => {
    daemon.session = new AbortController()
    for (const machine of ran) if (machine.restart !== 'no' && !machine.stoppedByHand) run(daemon, machine)
  })
}

const processOf = (daemon: Daemon, machine: Machine, behaviour: Behaviour): Process => {
  const { clock, telegram } = daemon
  const exit = (code: number) => end(daemon, machine, code)
  const timers: (() => void)[] = []
  const whenThawed = (what: () => void) => () => (machine.paused ? void machine.frozen.push(what) : what())
  const later = (ms: number, what: () => void) => void timers.push(clock.after(ms, whenThawed(what)))
  let poll: ReturnType<typeof telegram.poll> | undefined
  let requests = 0
  const turnDeaf = () => {
    requests = poll?.requests() ?? 0
    poll?.end()
    poll = undefined
  }
  const say = () => {
    for (const line of behaviour.prints ?? []) print(daemon, machine, line)
    if (behaviour.printsEveryMs !== undefined) later(behaviour.printsEveryMs, say)
  }

  if (behaviour.health !== undefined) {
    const well = behaviour.health === 'passes'
    machine.health = 'starting'
    later(CHECK_MS, () => {
      machine.health = well ? 'healthy' : 'unhealthy'
      machine.lastCheck = { at: clock.now(), exitCode: well ? 0 : 1, output: well ? 'well\n' : 'not well\n' }
    })
  }
  later(BOOT_MS, () => {
    say()
    if (behaviour.writes) machine.changes.set(behaviour.writes, 1)
    const token = tokenOf(daemon, machine)
    if (!behaviour.polls || token === undefined) return
    const isFrozen = () => machine.paused
    poll = telegram.poll(token, { container: machine.id, handlesMs: behaviour.handlesMs ?? 0, isFrozen })
    const deafAfterMs = behaviour.deafAfterMs?.[machine.starts - 1]
    if (deafAfterMs !== undefined) later(deafAfterMs, turnDeaf)
  })
  const said = volumeTask(daemon, machine)
  if (said) {
    for (const line of said) print(daemon, machine, line)
    later(TASK_MS, () => exit(0))
  }
  const { exits } = behaviour
  if (exits !== undefined) later(behaviour.exitsAfterMs ?? 0, () => exit(exits))
  return {
    terminate: () => {
      const { stopsInMs = STOP_MS } = behaviour
      if (stopsInMs !== 'never') later(stopsInMs, () => exit(0))
    },
    requests: () => 1 + (poll?.requests() ?? requests),
    polls: () => poll?.waits() ?? false,
    askedMs: () => poll?.askedMs(),
    thaw: () => poll?.thaw(),
    vanish: () => {
      for (const forget of timers) forget()
      poll?.end()
    },
  }
}

const tokenOf = ({ telegram }: Daemon, { spec }: Machine): string | undefined =>
  Object.values(spec.env)
    .map((value) => (typeof value === 'string' ? value : value.reveal()))
    .find(telegram.knows)

const end = (daemon: Daemon, machine: Machine, exitCode: number): void => {
  const { clock } = daemon
  if (!isRunning(machine)) return
  machine.process?.vanish()
  delete machine.process
  machine.paused = false
  machine.frozen.length = 0
  machine.exitCode = exitCode
  machine.outOfMemory = false
  machine.finishedAt = clock.now()
  machine.state = 'exited'
  const listeners = [...machine.onExit]
  machine.onExit.clear()
  for (const tell of listeners) tell()
  if (machine.restart !== 'no' && !machine.stoppedByHand) restartLater(daemon, machine)
  tellEvent(daemon, machine, { action: 'die', exitCode })
}

const restartLater = (daemon: Daemon, machine: Machine): void => {
  const { clock } = daemon
  machine.state = 'restarting'
  machine.restarts += 1
  if (clock.now() - machine.startedAt > FINE_AFTER_MS) machine.quick = 0
  const wait = Math.min(FIRST_RESTART_MS * 2 ** machine.quick, LONGEST_RESTART_MS)
  machine.quick += 1
  clock.after(wait, () => {
    if (machine.state !== 'restarting' || !daemon.machines.has(machine.id)) return
    run(daemon, machine)
  })
}

import { PROBE_IMAGE } from '../container/probe.ts'
import { activeRelease, type Release, ReleaseSchema } from '../records/release.ts'
import { volumeCopiesOf } from '../records/volume-copy.ts'
import { type DataChange, refuseWithoutRoom } from './change-data.ts'
import { refuseTakenPorts } from './free-ports.ts'
import { refuseFullHost } from './full-host.ts'
import { type Run, step } from './journal.ts'
import { withChosenVolumes } from './keep-in-volume.ts'
import { createNext, hookSpec, type NextOrder } from './next-container.ts'
import { type BotSecrets, botSecrets } from './secrets.ts'
import { dataSince } from './volume-copies.ts'

/** What the switch works with. `previous` is the container that must stop first. */
export type Prepared = { next: string; previous: Previous | undefined; secrets: BotSecrets; data: DataChange }
export type Previous = { release: Release; containerId: string }

/** Everything that can fail without touching the running version; ends with a created, not started container. */
export const prepare = (run: Run, release: Release, reuse?: string): Promise<Prepared> =>
  step(run, {
    name: 'prepare',
    act: async (say) => {
      const { engine, signal } = run
      const [secrets, { active, previous }, hasProbe] = await Promise.all([
        botSecrets(engine, run.bot),
        versionsOf(run),
        engine.docker.image(PROBE_IMAGE),
      ])
      if (!hasProbe) await engine.docker.pull(PROBE_IMAGE, signal)
      const create = async (): Promise<Way> => {
        await refuseTakenPorts(run, release, previous?.release)
        if (reuse !== undefined) return kept(run, release, reuse)
        return fresh(run, { release, secrets, previous, active }, say)
      }
      // A container that was created in vain is removed as the operation ends.
      const checks = [engine.telegram.getMe(secrets.token, signal), refuseFullHost(run)]
      const { container, data, uid } = await unlessOneFails(checks, create())
      await refuseWithoutRoom(run, data)
      return { next: container, previous, secrets, data, uid }
    },
    commit: async (entities, { uid }) => {
      if (uid === undefined || uid === release.plan.uid) return
      const { plan } = await entities.findOneByOrFail(ReleaseSchema, { id: release.id })
      await entities.update(ReleaseSchema, { id: release.id }, { plan: { ...plan, uid } })
    },
  })

/** Nothing is left running when it fails; a check's failure comes before that of the work. */
const unlessOneFails = async <T>(checks: Promise<unknown>[], work: Promise<T>): Promise<T> => {
  for (const end of await Promise.allSettled([...checks, work])) if (end.status === 'rejected') throw end.reason
  return work
}

type Versions = { active: Release | undefined; previous: Previous | undefined }

const versionsOf = async (run: Run): Promise<Versions> => {
  const active = await activeRelease(run.engine.database.read, run.bot.id)
  if (!active?.containerId || !(await run.engine.docker.container(active.containerId))) {
    return { active, previous: undefined }
  }
  return { active, previous: { release: withChosenVolumes(run, active), containerId: active.containerId } }
}

type Way = { container: string; data: DataChange; uid: number | undefined }

/** The container of an earlier release is started again on the data that it had. */
const kept = async (run: Run, { operationId, plan }: Release, container: string): Promise<Way> => {
  const copies = await volumeCopiesOf(run.engine.database.read, run.bot.id)
  return {
    container,
    data: { putBack: dataSince(copies, operationId), disowned: undefined, hook: undefined },
    uid: plan.uid,
  }
}

type Forward = NextOrder & { active: Release | undefined }

const fresh = async (run: Run, { active, ...order }: Forward, say: (detail: string) => Promise<void>): Promise<Way> => {
  const { database } = run.engine
  const { id, spec, uid, disowned, notes } = await createNext(run, order)
  if (notes.length > 0) await say(notes.join('\n'))
  const hook = leadsForward(order.release, active) ? hookSpec(spec, order.release.plan.releaseHook) : undefined
  // What an undo that failed left: half of the data of before is nothing to build on.
  const putBack = dataSince(await volumeCopiesOf(database.read, run.bot.id), active?.operationId ?? 0)
  return { container: id, data: { putBack, disowned, hook }, uid }
}

// Hooks lead forward: on the way back an older one would meet data that it does not know.
const leadsForward = (release: Release, active: Release | undefined): boolean =>
  active === undefined || release.number > active.number

import { volumeTask } from '../container/volume-task.ts'
import { messageOf, TbsError } from '../error.ts'
import type { Release } from '../records/release.ts'
import { ensureNetwork } from './ensure-network.ts'
import type { Run } from './journal.ts'
import { runOnce } from './run-once.ts'

/**
 * Docker binds a host's ports at the start, which is after the old version's stop. So those that the old version does
 * not hold itself are tried before. Fails with `port_taken`.
 */
export const refuseTakenPorts = async (run: Run, { plan }: Release, previous: Release | undefined): Promise<void> => {
  const held = previous?.plan.ports.map(numberOf) ?? []
  const ports = plan.ports.filter((port) => !held.includes(numberOf(port)))
  if (ports.length === 0) return
  const { engine, bot, operation } = run
  const name = `${engine.settings.instance}-${bot.name}-ports-${operation.id}`
  const network = await ensureNetwork(run)
  const idle = volumeTask(engine.settings, { bot: bot.name, name }, { script: ':', mounts: [] })
  try {
    await runOnce(run, { ...idle, network, ports }, { signal: run.signal })
  } catch (error) {
    const [, port] =
      /(\d+)(?:\/\w+)? failed: port is already allocated|:(\d+): bind: address already in use/
        .exec(messageOf(error))
        ?.filter((part) => part !== undefined) ?? []
    if (port === undefined) throw error
    throw new TbsError('port_taken', `Port ${port} of the host is taken by something else`, {
      hint: 'Change run.ports in tbs.yaml, or stop what uses it',
      cause: error,
    })
  }
}

/** Of the host, with its protocol: an address does not matter, since the old version's own may cover it. */
const numberOf = (port: string): string => {
  const [address = '', protocol = 'tcp'] = port.split('/')
  const parts = address.split(':')
  return `${parts.at(-2) ?? parts.at(-1)}/${protocol}`
}

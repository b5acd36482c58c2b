import { botLabels } from '../container/labels.ts'
import { freeSubnet } from '../container/subnet.ts'
import { messageOf, TbsError } from '../error.ts'
import type { Run } from './journal.ts'

const ATTEMPTS = 20

type Wanted = Pick<Run, 'engine' | 'signal'> & { bot: Pick<Run['bot'], 'name'> }

/** The bot's own bridge, with an explicit small subnet: Docker's own pool ends at about 27 networks. */
export const ensureNetwork = async ({ engine, bot, signal }: Wanted): Promise<string> => {
  const { docker, settings, files } = engine
  const labels = botLabels(settings.instance, bot.name)
  const existing = (await docker.networks(labels))[0]
  if (existing) return existing.name
  const name = `${settings.instance}-${bot.name}`
  const refused: string[] = []
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    signal.throwIfAborted()
    const taken = [...(await docker.subnets()), ...(await files.routes()), ...refused]
    const subnet = freeSubnet(settings.netPool, taken)
    if (!subnet) break
    try {
      await docker.createNetwork({ name, subnet, labels })
      return name
    } catch (error) {
      // Somebody else took the subnet between looking and asking.
      if (!/overlap/i.test(messageOf(error))) throw error
      refused.push(subnet)
    }
  }
  throw new TbsError('no_network', `No free network was found in ${settings.netPool}`, {
    hint: 'Give the manager another range in TBS_NET_POOL',
  })
}

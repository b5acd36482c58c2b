import { docker } from '../test/helpers/docker.ts'
import { firstPoll } from './first-call.ts'
import { onStage } from './stage.ts'

const ROUNDS = 10
/** Docker's back-off begins anew for a container that ran for 10 s. */
const SETTLED_MS = 11_000

/** From the death of a bot's process to the next getUpdates: Docker's restart and the bot's own start. */
export const killed = (): Promise<number[]> =>
  onStage(async ({ here, bot }) => {
    const took: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      await new Promise((resolve) => setTimeout(resolve, SETTLED_MS))
      const filters = { label: [`tbs.instance=${here.instance}`, 'tbs.role=bot'] }
      const [container] = await docker.listContainers({ filters })
      const { State } = await docker.getContainer(container?.Id ?? '').inspect()
      const polled = firstPoll(here.sandbox, bot)
      const begun = performance.now()
      process.kill(State.Pid, 'SIGKILL')
      took.push((await polled) - begun)
    }
    return took
  })

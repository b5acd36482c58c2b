import { join } from 'node:path'
import { addBot, type Operation, type OperationRequest, requestOperation, Secret } from '../../deploy-engine/index.ts'
import { type Workbench, workbench } from './engine.ts'
import { type GitRepo, gitRepo } from './git-repo.ts'

export type TalkativeBench = {
  bench: Workbench
  repo: GitRepo
  /** Carries out what is asked for the bot and gives how it ended. */
  operate(request: Pick<OperationRequest, 'kind' | 'args'>): Promise<Operation>
  close(): Promise<void>
}

const EVERY_MS = 500

/** A workbench with one registered bot, to which somebody writes all the time, so that a version that works is seen. */
export const talkativeBench = async (name: string): Promise<TalkativeBench> => {
  const bench = await workbench()
  const repo = await gitRepo(join(bench.directory, 'repo'))
  const { engine, sandbox } = bench
  const bot = sandbox.addBot({ username: `${name.replaceAll('-', '_')}_fixture_bot` })
  const person = sandbox.addPerson({ name: 'Ann' })
  await addBot(engine, { name, repo: repo.url, token: new Secret(bot.token) })
  const timer = setInterval(() => sandbox.say(person.id, bot.username, 'hello'), EVERY_MS)
  return {
    bench,
    repo,
    operate: async (request) =>
      bench.carryOut((await requestOperation(engine, { ...request, bot: name, requestedBy: 'test' })).operation),
    close: () => {
      clearInterval(timer)
      return bench.close()
    },
  }
}

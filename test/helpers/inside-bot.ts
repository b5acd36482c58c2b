import { buffer } from 'node:stream/consumers'
import type Docker from 'dockerode'
import { demultiplex } from '../../deploy-engine/io/docker/demultiplex.ts'
import { docker } from './docker.ts'
import type { Installation } from './installation.ts'

/** Runs a program in the container of the bot that runs, and gives what it printed. */
export const insideBot = async (
  { instance }: Pick<Installation, 'instance'>,
  command: string[],
  { on = docker, bot = 'my-bot' }: { on?: Docker; bot?: string } = {},
): Promise<string> => {
  const label = [`tbs.instance=${instance}`, `tbs.bot=${bot}`, 'tbs.role=bot']
  const [running] = await on.listContainers({ filters: { label, status: ['running'] } })
  const exec = await on.getContainer(running?.Id ?? '').exec({ Cmd: command, AttachStdout: true })
  return demultiplex(await buffer(await exec.start({ hijack: true, stdin: false }))).trim()
}

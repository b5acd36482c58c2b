import { z } from 'zod'
import type { Release } from '../../deploy-engine/index.ts'
import { defineCommand } from '../command.ts'
import { shortSha } from '../status-text.ts'
import { age } from '../text/duration.ts'
import { type Block, bold, code, command, line } from '../text/rich-text.ts'

const SHOWN = 15

export const releases = defineCommand({
  name: 'releases',
  usage: '<bot>',
  summary: 'What was deployed, newest first',
  example: 'echo-bot',
  role: 'viewer',
  reads: true,
  args: ({ BotName }) => z.strictObject({ bot: BotName }),
  run: async ({ bot }, { engine, verbs }) => {
    const { releases: all } = await verbs.releaseList(engine, bot)
    if (all.length === 0) {
      return { text: [line(`${bot} has no releases yet. `, command(`deploy ${bot}`))], data: [] }
    }
    const older = all.length - SHOWN
    return {
      text: [
        line(bold(`Releases of ${bot}`)),
        ...all.slice(0, SHOWN).map((release) => releaseLine(release, engine.clock.now())),
        ...(older > 0 ? [line(`… and ${older} older`)] : []),
      ],
      data: all.map(releaseData),
    }
  },
})

const releaseLine = (release: Release, now: number): Block => {
  const notes = [stateText(release), age(now - release.createdAt)]
  if (release.imageId === null && release.state !== 'failed') notes.push('image removed')
  return line(
    bold(`v${release.number}`),
    ' ',
    code(shortSha(release.sha)),
    ` “${release.subject}” · ${notes.join(' · ')}`,
  )
}

const stateText = ({ state, proof }: Release): string => {
  if (state === 'active') return proof === 'live' ? 'live' : 'running, unproven'
  if (state === 'failed') return 'failed'
  if (state === 'built') return 'built, never active'
  return proof === 'live' ? 'worked' : 'never proven'
}

const releaseData = ({ number, sha, ref, subject, state, proof, imageId, createdAt }: Release) => ({
  number,
  sha,
  ref,
  subject,
  state,
  proof,
  hasImage: imageId !== null,
  createdAt: new Date(createdAt).toISOString(),
})

import type { EntityManager } from 'typeorm'
import type { BuildPlan } from '../image/plan.ts'
import { BotSchema, botById } from '../records/bot.ts'
import { type Release, ReleaseSchema } from '../records/release.ts'
import { buildImage } from './build-image.ts'
import type { Source } from './fetch-source.ts'
import { type Run, step } from './journal.ts'

/** Builds the image and writes the release down in the transaction that ends the step. */
export const buildRelease = async (run: Run, source: Source, plan: BuildPlan): Promise<Release> => {
  let release: Release | undefined
  await step(run, {
    name: 'build',
    act: async (say) => {
      // Nobody else takes it: it is this bot's turn. It stays free if the build fails.
      const number = (await botById(run.engine.database.read, run.bot.id)).lastRelease + 1
      const image = imageName(run, number, source)
      return { number, image, imageId: await buildImage(run, { source, plan, tag: image, say }) }
    },
    commit: async (entities, built) => {
      release = await insertRelease(run, entities, { ...built, source, plan })
    },
  })
  if (!release) throw new Error(`operation ${run.operation.id} ended its build without a release`)
  return release
}

type Built = { number: number; image: string; imageId: string; source: Source; plan: BuildPlan }

const insertRelease = async (run: Run, entities: EntityManager, built: Built): Promise<Release> => {
  const { engine, bot, operation } = run
  const { number, image, imageId, source, plan } = built
  await entities.update(BotSchema, { id: bot.id }, { lastRelease: number })
  return entities.save(ReleaseSchema, {
    botId: bot.id,
    number,
    sha: source.sha,
    ref: source.ref,
    subject: source.subject,
    image,
    imageId,
    plan: plan.release,
    env: null,
    state: 'built' as const,
    proof: 'none' as const,
    containerId: null,
    replaced: null,
    operationId: operation.id,
    createdAt: engine.clock.now(),
    activatedAt: null,
  })
}

const imageName = ({ engine, bot }: Run, number: number, { sha }: Source): string =>
  `${engine.settings.instance}/${bot.name}:${number}-${sha.slice(0, 7)}`

import { VolumePath } from '../source/manifest-fields.ts'
import { wordsOf } from './command-line.ts'
import { readInstructions } from './dockerfile-instructions.ts'
import type { EnvLine } from './env-example.ts'
import type { BuildPlan } from './plan.ts'
import { finalStage } from './stages.ts'

/** A directory in the container whose content should outlive it. `kept`: a deploy makes a volume of it by itself. */
export type DataPath = { path: string; kept: boolean; evidence: string }

/** What becomes a volume by the plan, then the directories that defaults of variables lead to. */
export const dataPaths = ({ release, dockerfile, target }: BuildPlan, example: readonly EnvLine[]): DataPath[] => {
  const workdir = workdirOf(dockerfile, target)
  const kept = release.volumes.map((path) => ({ path, kept: true, evidence: evidenceOf(path, release.evidence) }))
  const named = example.flatMap((line) => {
    const path = directoryIn(line, workdir)
    const isCovered = kept.some((volume) => `${path}/`.startsWith(`${volume.path}/`))
    return path === undefined || isCovered
      ? []
      : [{ path, kept: false, evidence: `${line.place} ${line.name}=${line.value}` }]
  })
  return [...kept, ...named.filter(({ path }, index) => named.findIndex((other) => other.path === path) === index)]
}

const evidenceOf = (path: string, evidence: readonly string[]): string =>
  evidence.find((line) => /^volumes?:/.test(line) && line.includes(path)) ?? ''

/** undefined: the image's base decides. */
export const workdirOf = (dockerfile: string, target: string | undefined): string | undefined => {
  const { stage = [] } = finalStage(readInstructions(dockerfile).instructions, target)
  const last = stage.findLast(({ name }) => name === 'WORKDIR')
  const [word = ''] = wordsOf(last?.rest ?? '')
  return /^\/[\w./-]*$/.test(word) ? word.replace(/(?<=.)\/+$/, '') : undefined
}

const NAMED = /PATH|DIR|FOLDER|FILE|DB|DATABASE|SQLITE|STORAGE|DATA|STATE|SESSION|LOG/i

/** `./data/bot.db`, `/data`, `sqlite:///data/bot.db`: the directory, if it is not the one that the program is in. */
const directoryIn = ({ name, value }: EnvLine, workdir: string | undefined): string | undefined => {
  if (!NAMED.test(name)) return undefined
  const path = value.replace(/^(sqlite(\+\w+)?:\/{3}|file:(?=[^/]))/, '').replace(/[?#].*$/, '')
  if (!/^[\w.~/-]+$/.test(path) || !path.includes('/') || path.includes('..')) return undefined
  const whole = path.startsWith('/') ? path : workdir && `${workdir}/${path}`
  const parts = (whole ?? '').split('/').filter((part) => part !== '' && part !== '.')
  if (/\.\w{1,8}$/.test(parts.at(-1) ?? '') && !path.endsWith('/')) parts.pop()
  const directory = VolumePath.safeParse(`/${parts.join('/')}`).data
  const holdsProgram = workdir !== undefined && `${workdir}/`.startsWith(`${directory}/`)
  const isBelow = workdir !== undefined && `${directory}`.startsWith(`${workdir}/`)
  return holdsProgram || (!isBelow && OF_SYSTEM.test(directory ?? '')) ? undefined : directory
}

const OF_SYSTEM = /^\/(usr|bin|sbin|lib\w*|etc|tmp|run|root|home|var\/(run|lib|cache|log))?(\/|$)/

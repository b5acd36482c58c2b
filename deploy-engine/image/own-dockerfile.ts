import { TbsError } from '../error.ts'
import { badManifest, type ManifestFile } from '../source/manifest.ts'
import { commandOf, wordsOf } from './command-line.ts'
import { type Instruction, readInstructions } from './dockerfile-instructions.ts'
import type { ImagePlan } from './image-plan.ts'
import type { SourceTree } from './source-tree.ts'

/**
 * The repository's own Dockerfile: the one that tbs.yaml names, or the one at the top; undefined without one.
 * Fails with `cannot_detect` if nothing in it says what to start.
 */
export const ownDockerfile = (tree: SourceTree, settings: ManifestFile): ImagePlan | undefined => {
  const path = pathOf(tree, settings)
  if (path === undefined) return undefined
  const dockerfile = textOf(tree, path)
  const instructions = lastStage(readInstructions(dockerfile).instructions)
  const start = startOf(path, instructions, settings)
  const volumes = volumesOf(instructions, settings)
  return {
    kind: 'dockerfile',
    dockerfile,
    dockerfilePath: path,
    ...(start.command === undefined ? {} : { command: start.command }),
    volumes,
    evidence: [`${path}: built as it is`, start.evidence, `volumes: ${volumes.join(', ') || 'none'}`],
  }
}

const pathOf = (tree: SourceTree, { manifest, at }: ManifestFile): string | undefined => {
  const named = manifest.build.dockerfile
  if (named === undefined) return ['Dockerfile', 'dockerfile'].find((path) => tree.files.includes(path))
  if (tree.files.includes(named)) return named
  throw badManifest(`build.dockerfile (${at('build.dockerfile')}): the build context has no file ${named}`)
}

const textOf = (tree: SourceTree, path: string): string => {
  const text = tree.text.get(path)
  if (text !== undefined) return text
  throw new TbsError('cannot_detect', `${path} was not read: it is too large, or its name has no "Dockerfile" in it`, {
    hint: 'Rename it, for example to bot.Dockerfile',
  })
}

/** The instructions that make the final image: those of the last stage after those of the stages it is based on. */
const lastStage = (instructions: Instruction[]): Instruction[] => {
  const stages = new Map<string, Instruction[]>()
  let current: Instruction[] = []
  for (const instruction of instructions) {
    if (instruction.name !== 'FROM') {
      current.push(instruction)
      continue
    }
    const words = wordsOf(instruction.rest).filter((word) => !word.startsWith('--'))
    current = [...(stages.get(words[0]?.toLowerCase() ?? '') ?? [])]
    if (words[1]?.toLowerCase() === 'as' && words[2] !== undefined) stages.set(words[2].toLowerCase(), current)
  }
  return current
}

type Start = { command?: string[]; evidence: string }

const startOf = (path: string, instructions: Instruction[], { manifest, at }: ManifestFile): Start => {
  const { command } = manifest.run
  if (command !== undefined) {
    return { command: commandOf(command), evidence: `start: ${command} (${at('run.command')})` }
  }
  const says = ['ENTRYPOINT', 'CMD'].flatMap((name) => instructions.filter((one) => one.name === name).slice(-1))
  if (!says.some(startsSomething)) throw noCommand(path)
  const shown = says.map(({ name, rest, first }) => `${name} ${rest.slice(0, 120)} (${path}:${first + 1})`)
  return { evidence: `start: ${shown.join(', ')}` }
}

/** A bare shell ends at once without a terminal. */
const startsSomething = ({ rest }: Instruction): boolean => {
  const words = wordsIn(rest)
  return words.length > 1 || (words.length === 1 && !/^(\/(usr\/)?bin\/)?(ba|da|a)?sh$/.test(words[0] ?? ''))
}

/** Words of the exec form or of the plain one. */
const wordsIn = (rest: string): string[] => {
  if (!rest.startsWith('[')) return wordsOf(rest)
  try {
    const words: unknown = JSON.parse(rest)
    return Array.isArray(words) ? words.map(String) : []
  } catch {
    return wordsOf(rest) // Docker, too, takes what is not JSON for the shell form.
  }
}

/** Named volumes of ours take the place of the anonymous ones that VOLUME would make. */
const volumesOf = (instructions: Instruction[], { manifest }: ManifestFile): string[] => {
  const declared = instructions.filter(({ name }) => name === 'VOLUME').flatMap(({ rest }) => wordsIn(rest))
  const usable = declared.filter((path) => /^\/[^\s$:]+$/.test(path)).map((path) => path.replace(/\/+$/, ''))
  return [...new Set([...(manifest.run.volumes ?? []), ...usable])]
}

const noCommand = (path: string): TbsError =>
  new TbsError('cannot_detect', `${path} has no CMD or ENTRYPOINT that starts a program in its last stage`, {
    hint: 'Add one, for example CMD ["node", "index.js"], or set run: { command: … } in tbs.yaml',
  })

import { TbsError } from '../error.ts'
import type { ManifestFile } from '../source/manifest.ts'
import { commandOf, wordsOf } from './command-line.ts'
import { type Instruction, wordsIn } from './dockerfile-instructions.ts'
import type { FoundDockerfile } from './find-dockerfile.ts'

/** `start` is what would start the program if it were built without the Dockerfile. */
type StartSearch = { settings: ManifestFile; canGenerate: boolean; start?: readonly string[] }

type Start = { command?: string[]; evidence: string }

/** What the image starts: what tbs.yaml or the Dockerfile says, else the first of other files that says anything. */
export const ownStart = (search: StartSearch, found: FoundDockerfile, stage: Instruction[]): Start => {
  const { manifest, at } = search.settings
  const { command } = manifest.run
  if (command !== undefined) {
    return { command: commandOf(command), evidence: `start: ${command} (${at('run.command')})` }
  }
  const says = ['ENTRYPOINT', 'CMD'].flatMap((name) => stage.filter((one) => one.name === name).slice(-1))
  if (says.some(startsSomething)) {
    const shown = says.map(({ name, rest, first }) => `${name} ${rest.slice(0, 120)} (${found.path}:${first + 1})`)
    return { evidence: `start: ${shown.join(', ')}` }
  }
  return startFromOutside(search, found, stage)
}

/** Compose's command, else what would start the program if there were no Dockerfile, else what the base image does. */
const startFromOutside = ({ start, ...search }: StartSearch, found: FoundDockerfile, stage: Instruction[]): Start => {
  const { service, path } = found
  const words = [...(service?.entrypoint ?? []), ...(service?.command ?? [])]
  if (service && words.length > 0) {
    const place = service.at(service.command ? 'command' : 'entrypoint')
    return { command: words, evidence: `start: ${words.join(' ').slice(0, 200)} (${place}); ${path} has no CMD` }
  }
  if (start && copiesEverything(stage)) {
    return { command: [...start], evidence: `start: ${start.join(' ')}; ${path} has no CMD that starts a program` }
  }
  const base = stage.find(({ name }) => name === 'FROM')
  if (base && !stage.some(({ name }) => name === 'CMD') && !startsNothing(base)) {
    return { evidence: `start: what the base image ${base.rest.slice(0, 80)} starts (${path}:${base.first + 1})` }
  }
  throw noCommand(path, search.canGenerate)
}

const copiesEverything = (stage: Instruction[]): boolean =>
  stage.some(({ name, rest }) => /^(COPY|ADD)$/.test(name) && /^(--chown=\S+\s+)*\[?\s*"?\.\/?"?[\s,]/.test(rest))

/** Images of languages and systems: their own command is a shell or a prompt. */
const startsNothing = ({ rest }: Instruction): boolean => {
  const base = wordsOf(rest).find((word) => !word.startsWith('--')) ?? ''
  return !base.includes('/') || base.includes('$') || BARE_BASES.test(base)
}

const BARE_BASES =
  /(^|\/)(node|python|golang|rust|ruby|php|openjdk|eclipse-temurin|alpine|debian|ubuntu|fedora|bun|deno|uv|sdk)(:|@|$)/

/** A bare shell ends at once without a terminal. */
const startsSomething = ({ rest }: Instruction): boolean => {
  const words = wordsIn(rest)
  return words.length > 1 || (words.length === 1 && !/^(\/(usr\/)?bin\/)?(ba|da|a)?sh$/.test(words[0] ?? ''))
}

const noCommand = (path: string, canGenerate: boolean): TbsError => {
  const other = canGenerate ? '; or build without it: /set <bot> dockerfile=ignored' : ''
  return new TbsError('cannot_detect', `${path} has no CMD or ENTRYPOINT that starts a program in its last stage`, {
    hint: `Add one, for example CMD ["node", "index.js"], or set run: { command: … } in tbs.yaml${other}`,
  })
}

import { plainWords, wordsOf } from './command-line.ts'
import { composeServices } from './compose.ts'
import { readInstructions } from './dockerfile-instructions.ts'
import { isDockerfile, nameOf, placeOf, type SourceTree } from './source-tree.ts'
import { finalStage } from './stages.ts'

/** A command that a file of the repository names as the one that starts the bot. */
export type HintedCommand = { text: string; place: string; source: 'compose' | 'Dockerfile' | 'Procfile' | 'README' }

/** The likeliest first: what a machine carries out comes before what a person is told to type. */
export const hintedCommands = (tree: SourceTree): HintedCommand[] => [
  ...ofCompose(tree),
  ...ofDockerfiles(tree),
  ...ofProcfile(tree),
  ...ofReadme(tree),
]

/** The words of the program that runs last and stays: `migrate && python -m bot` is about `python -m bot`. */
export const lastingWords = (text: string): string[] | undefined => {
  const last = text.slice(0, 2000).split('&&').at(-1) ?? ''
  return plainWords(last.trim().replace(/^exec\s+/, ''))
}

const ofCompose = (tree: SourceTree): HintedCommand[] =>
  composeServices(tree).flatMap((service) => {
    const words = [...(service.entrypoint ?? []), ...(service.command ?? [])]
    if (words.length === 0) return []
    return [
      { text: shellText(words), place: service.at(service.command ? 'command' : 'entrypoint'), source: 'compose' },
    ]
  })

const ofDockerfiles = (tree: SourceTree): HintedCommand[] =>
  tree.files
    .filter((path) => isDockerfile(path) && tree.text.has(path))
    .slice(0, 10)
    .flatMap((path) => {
      const stage = finalStage(readInstructions(tree.text.get(path) ?? '').instructions).stage ?? []
      const says = ['ENTRYPOINT', 'CMD'].flatMap((name) => stage.filter((one) => one.name === name).slice(-1))
      const workdir = wordsOf(stage.findLast(({ name }) => name === 'WORKDIR')?.rest ?? '')[0] ?? '/'
      const text = says.map(({ rest }) => execForm(rest) ?? rest).join(' ')
      const line = (says.at(-1)?.first ?? 0) + 1
      const relative = text.replaceAll(`${workdir.replace(/\/+$/, '')}/`, '')
      return text === '' ? [] : [{ text: relative, place: `${path}:${line}`, source: 'Dockerfile' as const }]
    })

const execForm = (rest: string): string | undefined => {
  try {
    const words: unknown = JSON.parse(rest)
    return Array.isArray(words) ? shellText(words.map(String)) : undefined
  } catch {
    return undefined
  }
}

/** What `sh -c` is given, or the words themselves, those with spaces in quotes. */
const shellText = (words: string[]): string => {
  const [shell = '', option = '', script] = words
  if (/(^|\/)(ba|da)?sh$/.test(shell) && /^-\w*c$/.test(option) && script !== undefined) return script
  return words.map((word) => (/\s/.test(word) ? `"${word}"` : word)).join(' ')
}

const ofProcfile = (tree: SourceTree): HintedCommand[] => {
  const entries = (tree.text.get('Procfile') ?? '').split(/\r?\n/).flatMap((line, index) => {
    const [, name = '', text = ''] = /^([\w-]+):\s*(\S.*)$/.exec(line) ?? []
    return name === '' || name === 'release'
      ? []
      : [{ name, text: text.trim(), place: `Procfile:${index + 1}`, source: 'Procfile' as const }]
  })
  const rank = (name: string) => ['worker', 'bot', 'web'].indexOf(name) >>> 0
  return entries.sort((a, b) => rank(a.name) - rank(b.name)).map(({ text, place, source }) => ({ text, place, source }))
}

/** Lines of a README that are a command and nothing else, after a prompt or in backticks. */
const ofReadme = (tree: SourceTree): HintedCommand[] => {
  const path = tree.files.find(
    (each) => /^readme(\.\w+)*$/i.test(nameOf(each)) && tree.text.has(each) && !each.includes('/'),
  )
  const text = path === undefined ? '' : (tree.text.get(path) ?? '')
  const found = text
    .split('\n')
    .flatMap((line) => [...line.slice(0, 500).matchAll(README_COMMAND)].map(([, each = '']) => each))
  return [...new Set(found.map((each) => each.trim()))].slice(0, 20).map((each) => ({
    text: each,
    place: placeOf(tree, path ?? '', new RegExp(each.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))),
    source: 'README',
  }))
}

const README_COMMAND = new RegExp(
  [
    '(?:^\\s*(?:[-*>$#]|\\d+\\.)?\\s*|[`$]\\s*)',
    String.raw`((?:python3?|node|bun|ts-node|tsx)(?:\s+-[\w-]+){0,3}\s+[\w./-]{1,100})`,
    '(?=\\s*$|`|\\s+[#&])',
  ].join(''),
  'g',
)

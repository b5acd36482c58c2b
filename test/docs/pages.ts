import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Something that a page tells people to type. */
export type Told = { page: string; text: string; where: 'chat' | 'shell' }

const PAGES = ['README.md', ...readdirSync(`${ROOT}/docs`).map((name) => `docs/${name}`)].sort()

/** Every command of README and guides, in the order in which they stand there. */
export const everyCommand = (verbs: readonly string[]): Told[] =>
  PAGES.flatMap((page) => commandsOf(readFileSync(`${ROOT}/${page}`, 'utf8'), verbs).map((told) => ({ page, ...told })))

/** Links to pages of ours that are not there, or have no such heading. */
export const brokenLinks = (): string[] =>
  PAGES.flatMap((page) => {
    const links = [...readFileSync(`${ROOT}/${page}`, 'utf8').matchAll(/\]\((?!https?:)([^)\s]+)\)/g)]
    return links.flatMap(([, link = '']) => (isThere(page, link) ? [] : [`${page}: ${link}`]))
  })

const isThere = (page: string, link: string): boolean => {
  const [path = '', anchor] = link.split('#')
  const file = path === '' ? `${ROOT}/${page}` : resolve(ROOT, dirname(page), path)
  if (!existsSync(file)) return false
  const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => anchorOf(title))
  return anchor === undefined || headings.includes(anchor)
}

/** As GitHub makes it of a heading. */
const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\s-]/gu, '')
    .replace(/\s/g, '-')

type Said = Omit<Told, 'page'>

/** Of one page: in its fenced blocks, and between backticks in its sentences. */
export const commandsOf = (markdown: string, verbs: readonly string[]): Said[] => {
  const fenced: Said[] = []
  const sentences = markdown.replace(FENCE, (_, language: string, block: string) => {
    fenced.push(...(READERS[language]?.(block.split('\n')) ?? []))
    return ''
  })
  const spans = [...sentences.matchAll(/`([^`]+)`/g)].map(([, span = '']) =>
    span.replaceAll('\\|', '|').replace(/\s+/g, ' ').trim(),
  )
  return [...fenced, ...spans.flatMap((span) => inSentence(span, verbs))]
}

const FENCE = /^```(\w*)\n(.*?)^```$/gms

const shell = (text: string): Said => ({ where: 'shell', text })
const chat = (text: string): Said => ({ where: 'chat', text })

// A block in another language has no commands: yaml, mermaid.
const READERS: Record<string, (lines: string[]) => Said[]> = {
  sh: (lines) => lines.map(withoutComment).filter(Boolean).map(shell),
  console: (lines) => lines.flatMap((line) => (line.startsWith('$ ') ? [shell(withoutComment(line.slice(2)))] : [])),
  text: (lines) => lines.flatMap((line) => /^You\s+(\/.*)$/.exec(line)?.slice(1).map(chat) ?? []),
  dockerfile: (lines) => lines.flatMap((line) => execForm(line).map(shell)),
  '': (lines) => lines.flatMap((line) => (line.startsWith('/') ? [chat(line.replace(/\s{2,}.*$/, ''))] : [])),
}

const withoutComment = (line: string): string => line.replace(/(^|\s)#\s.*$/, '').trim()

const execForm = (line: string): string[] => {
  const [, words] = /\bCMD (\[.*\])$/.exec(line) ?? []
  return words === undefined ? [] : [JSON.parse(words).join(' ')]
}

// One word is a name: what `docker` is, and where `/app` is.
const inSentence = (span: string, verbs: readonly string[]): Said[] => {
  if (/^\/[a-z]+(?: |$)/.test(span)) return [chat(span)]
  const [first = '', second] = withoutSettings(span).split(' ')
  if (second === undefined) return []
  if (verbs.includes(first)) return [shell(`tbs-manager ${span}`)]
  return OUR_PROGRAMS.test(first) || first in FOREIGN ? [shell(span)] : []
}

const OUR_PROGRAMS = /^(?:tbs-manager|bin\/tbs-manager\.mjs|npx|npm)$/

/** `A=b program` without what is set for it. */
export const withoutSettings = (text: string): string => text.replace(/^(?:[A-Z_]+=\S+\s*)+/, '')

/** Programs that are not ours and not run by a test: why they are named. */
export const FOREIGN: Readonly<Record<string, string>> = {
  age: 'opens a backup without us; test/helpers/open-backup.ts does the same',
  cd: 'the shell’s own',
  cp: 'of the system',
  docker: 'looks at what the manager made',
  git: 'for whoever owns a repository',
  gzip: 'a name for how fast packing is',
  install: 'of the system: puts a file in its place',
  rm: 'of the system',
  scp: 'brings a file to a server',
  ssh: 'another way to a server',
  'ssh-keygen': 'shows a fingerprint, or forgets a host key',
  systemctl: 'of the system',
  tar: 'of the system',
  touch: 'of the system',
}

import { isSource, isTest, type SourceTree } from './source-tree.ts'

type RequiredRead = { name: string; ask: false; evidence: string }

/** Variables that a program says it can't do without, by how it reads them. */
export const requiredReads = (tree: SourceTree): RequiredRead[] =>
  [...tree.text]
    .filter(([path]) => isSource(path) && !isTest(path))
    .flatMap(([path, text]) => {
      const patterns = patternsFor(path, text)
      return text.split('\n').flatMap((line, index) => {
        const found = patterns.flatMap((pattern) => [...line.slice(0, LONGEST).matchAll(pattern)])
        return found.flatMap(([read, name = '']): RequiredRead[] =>
          isOfTheSystem(name) ? [] : [{ name, ask: false, evidence: `${path}:${index + 1} ${read.slice(0, 80)}` }],
        )
      })
    })

const LONGEST = 1000

/** Without a default and, where the language needs one, with a word for "or end". */
const patternsFor = (path: string, text: string): RegExp[] => {
  if (/\.[cm]?tsx?$/.test(path)) return [/process\.env(?:\.|\[["'])(\w{1,100})(?:["']\])?!/g, REQUIRED]
  if (/\.[cm]?jsx?$/.test(path)) return [REQUIRED]
  if (path.endsWith('.rs')) return [/env::var\("(\w{1,100})"\)\s*\.(?:expect|unwrap)\(/g]
  if (path.endsWith('.rb')) return [/ENV\.fetch\(["'](\w{1,100})["']\)(?!\s*(?:\{|do\b))/g]
  if (!path.endsWith('.py')) return []
  const libraries = /\b(?:environs|decouple)\b/.test(text) ? [LIBRARY] : []
  return [/\bos\.environ\[\s*["'](\w{1,100})["']\s*\](?!\s*=[^=])/g, ...libraries]
}

/** env-var's. */
const REQUIRED = /\benv\.get\(["'](\w{1,100})["']\)\.required\(/g
/** Of environs and decouple, with nothing but a name or a type. */
const LIBRARY = /\b(?:env(?:\.\w{1,20})?|config)\(\s*["'](\w{1,100})["']\s*(?:,\s*cast\s*=\s*\w{1,30}\s*)?\)/g

const isOfTheSystem = (name: string): boolean =>
  /^(PATH|HOME|USER|LOGNAME|SHELL|PWD|LANG|TZ|TMPDIR|HOSTNAME|PORT|CI|NODE_ENV|PYTHON\w*|VIRTUAL_ENV|npm_\w*)$/.test(
    name,
  )

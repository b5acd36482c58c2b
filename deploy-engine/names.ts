import { z } from 'zod'

const HOSTILE = /\p{Cc}/u

/** Stands for the server where a command takes a bot. */
export const THE_HOST = 'host'

/** A bot's name, as in design.md section 1. It goes into container, image and volume names. */
export const BotName = z
  .string()
  .regex(
    // Docker takes no image name that ends in a dash.
    /^[a-z][a-z0-9-]{0,29}[a-z0-9]$/,
    'a bot name is 2 to 31 lower-case letters, digits and dashes, and starts with a letter; its end is no dash',
  )
  .refine((name) => name !== THE_HOST, `${THE_HOST} is the server itself and no bot’s name`)

/** A branch, tag or commit, after git-check-ref-format(1); never something git could take for an option. */
export const RefName = z
  .string()
  .min(1)
  .max(200, 'a ref has at most 200 characters')
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._/+-]*$/, 'a ref starts with a letter or digit and has letters, digits and . _ / + -')
  .refine((ref) => !/\.\.|\/\/|\/\.|\.lock(\/|$)|[./]$/.test(ref), 'this is not a valid git ref')

/** A repository URL: https, ssh (also the git@host:path form) or file. Which of them are allowed is a setting. */
export const RepoUrl = z
  .string()
  .max(500, 'a repository URL has at most 500 characters')
  .refine((url) => !HOSTILE.test(url) && !/\s/.test(url), 'a repository URL has no spaces or control characters')
  .refine((url) => !hasPassword(url), 'a repository URL carries no password or token')
  .refine((url) => protocolOf(url) !== undefined, 'a repository URL starts with https://, ssh:// or git@host:')

/** A directory of a repository, with / between its parts; a leading ./ and a trailing / are left out. */
export const RepoPath = z
  .string()
  .max(300, 'a path has at most 300 characters')
  .transform((path) => path.replace(/^(\.\/)+/, '').replace(/\/+$/, ''))
  .refine((path) => !HOSTILE.test(path) && !/\p{Cs}/u.test(path), 'a path has no control characters')
  .refine((path) => !/^[-/]|\\/.test(path), 'a path begins below the repository and not with a dash')
  .refine((path) => path.split('/').every(isPathPart), 'a path names a directory inside the repository, without ..')

/** Name of an environment variable, as POSIX has it. */
export const EnvKey = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'a variable is letters, digits and _')

export const ReleaseNumber = z
  .string()
  .regex(/^v?\d{1,6}$/, 'a release is a number such as v7')
  .transform((text) => Number(text.replace('v', '')))

/** What Telegram's BotFather gives out: id, colon, 35 or so characters. */
export const BotToken = z
  .string()
  .trim()
  .regex(/^[1-9]\d{5,15}:[A-Za-z0-9_-]{30,60}$/, 'a bot token looks like 123456789:AAExampleOfThirtyFiveCharacters')

/** What a git server gives out for reading over https: a token, or user:token. */
export const GitToken = z
  .string()
  .trim()
  .regex(/^[!-~]{8,500}$/, 'an access token is 8 to 500 letters, digits and signs, without spaces')

const USER = '(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)'
const HOST = '(?:[A-Za-z0-9][A-Za-z0-9.-]*|\\[[0-9A-Fa-f:.]+\\])'
const SCHEMED = new RegExp(
  `^(?:(https?)://${HOST}(?::\\d{1,5})?/|(ssh)://${USER}?${HOST}(?::\\d{1,5})?/|(file):///)[^/]`,
)
const SCP_FORM = new RegExp(`^${USER}${HOST}:(?![-:]).`)
// git and ssh decode them: what is a line's end there must not come in under another spelling.
const ENCODED_CONTROL = /%(?:[01][0-9a-f]|7f)/i

/** git's name of the protocol that a repository URL uses; undefined for anything that is not a URL of ours. */
export const protocolOf = (url: string): 'https' | 'http' | 'ssh' | 'file' | undefined => {
  if (/\s/.test(url) || HOSTILE.test(url) || ENCODED_CONTROL.test(url)) return undefined
  const [, web, ssh, file] = (URL.canParse(url) && SCHEMED.exec(url)) || []
  if (web === 'https' || web === 'http') return web
  if (ssh) return 'ssh'
  if (file) return 'file'
  return SCP_FORM.test(url) ? 'ssh' : undefined
}

const hasPassword = (url: string): boolean => /^[a-z]+:\/\/[^/@]*:[^/@]*@/.test(url) || /^https?:\/\/[^/@]+@/.test(url)

const isPathPart = (part: string): boolean => part !== '' && part !== '.' && part !== '..' && !/^\.git$/i.test(part)

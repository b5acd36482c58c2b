import { z } from 'zod'

const HOSTILE = /\p{Cc}/u

/** A bot's name, as in design.md section 1. It goes into container, image and volume names. */
export const BotName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{1,30}$/,
    'a bot name is 2 to 31 lower-case letters, digits and dashes, and starts with a letter',
  )

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
  .refine((url) => protocolOf(url) !== undefined, 'a repository URL starts with https://, ssh:// or git@host:')
  .refine((url) => !hasPassword(url), 'a repository URL carries no password or token')

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

/** git's name of the protocol that a repository URL uses; undefined for anything that is not a URL of ours. */
export const protocolOf = (url: string): 'https' | 'http' | 'ssh' | 'file' | undefined => {
  const scheme = /^(https|http|ssh|file):\/\/[^\s-]/.exec(url)?.[1]
  if (scheme === 'https' || scheme === 'http' || scheme === 'ssh' || scheme === 'file') return scheme
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[^\s-][^\s]*$/.test(url) ? 'ssh' : undefined
}

const hasPassword = (url: string): boolean => /^[a-z]+:\/\/[^/@]*:[^/@]*@/.test(url) || /^https?:\/\/[^/@]+@/.test(url)

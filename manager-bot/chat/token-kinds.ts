import type { AskedToken } from '../command.ts'

type TokenKind = {
  /** Is one by its looks, wherever it stands. */
  shape: RegExp
  /** Not one, but too much like one to stay in the chat while one is awaited. */
  almost: RegExp
  /** The token in a message that was asked for. */
  find(text: string): string | undefined
  refusal: string
  unasked: string
}

const BOT = /(?<!\d)\d{6,16}:[A-Za-z0-9_-]{30,60}(?![\w-])/
// GitHub, GitLab, Bitbucket and Codeberg begin theirs like this, or not at all like anything.
const GIT = /\b(?:gh[oprsu]_|github_pat_|glpat-|gldt-|ATBB|ATCTT)[\w=-]{16,}/

/** Tokens that commands ask for in the chat. */
export const TOKENS: Record<AskedToken, TokenKind> = {
  bot: {
    shape: BOT,
    almost: /\d{5,}:\S{8,}/,
    find: (text) => BOT.exec(text)?.[0],
    refusal: 'That is not a bot token. It looks like 123456789:AAExampleOfThirtyFiveCharacters.',
    unasked:
      'That message held a bot token, so I took it out of the chat and did not use it. I ask for one after /addbot.',
  },
  git: {
    shape: GIT,
    almost: /\S/,
    find: (text) => (BOT.test(text) ? undefined : /^\s*([!-~]{8,500})\s*$/.exec(text)?.[1]),
    refusal: 'That is not an access token: one is a single word of 8 to 500 letters, digits and signs.',
    unasked:
      'That message held an access token, so I took it out of the chat and did not use it. I ask for one after ' +
      '/gittoken.',
  },
  value: {
    // Like nothing in particular.
    shape: /(?!)/,
    almost: /\S/,
    find: (text) => text.trim() || undefined,
    refusal: 'That is no value.',
    unasked: 'I took that message out of the chat and did not use it. I ask for a value after /secret.',
  },
}

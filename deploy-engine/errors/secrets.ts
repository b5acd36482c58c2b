import type { Explanations } from './explained.ts'

export const secrets = {
  token_refused: {
    cause: 'Telegram does not know the token: it was revoked, or it is not the one of a bot.',
    fix: 'Ask @BotFather for the current one. A bot’s: “/set <bot> token”. The manager’s: install it again.',
  },
  token_taken: {
    cause: 'The token belongs to a bot that is here already, or to the manager.',
    fix: 'Two programs with one token take each other’s updates: ask @BotFather for another bot.',
  },
  no_token: {
    cause: 'A token or value was needed, and none was given or none is stored.',
    fix: 'Send it when asked, in the terminal on standard input. A bot’s own: “/set <bot> token”.',
  },
  looks_secret: {
    cause: 'The value looks like a secret, and settings can be read by others. Nothing was changed.',
    fix: 'Use /secret in the private chat.',
  },
  is_secret: { cause: 'There is a secret of that name already.', fix: 'Change it with /secret, or remove it first.' },
  not_set: { cause: 'There is no variable of that name.', fix: 'See /env and /secret for those that there are.' },
  unknown_file: { cause: 'The bot has no such config file.', fix: 'Use one of those that the message names.' },
  secret_unreadable: {
    cause: 'A stored secret can’t be decrypted: the master key is another one than when it was stored.',
    fix: 'Put the right key file back, or set the secret again. See docs/lost-key.md.',
  },
  bad_key_file: {
    cause: 'The file of the master key, or of the keys for backups, holds something else.',
    fix: 'Put the right file there. See docs/lost-key.md.',
  },
} satisfies Explanations

import { redact } from './secret.ts'

const NAMES = /TOKEN|KEY|SECRET|PASS|PWD|CREDENTIAL|DSN|PRIVATE|AUTH|SESSION|COOKIE|SALT|HASH|SIGN/i
const IN_URL = /(:\/\/[^/\s:@]*:)[^/\s@]+@/g
const KNOWN =
  /\b(?:gh[oprsu]_|github_pat_|glpat-|gldt-|ATBB|ATCTT|sk-|xox[abp]-|AKIA|AIza|eyJ|AGE-SECRET-KEY-1)[\w=-]{12,}/g
const SHAPES = [
  /-----BEGIN /,
  // Long, and of letters and digits at random.
  /(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[\w+/=-]{28,}/,
]

/** Whether a value is better not left in a chat: by the name of its variable, or by its own looks. */
export const looksSecret = (name: string, value: string): boolean =>
  NAMES.test(name) || redactShapes(value) !== value || SHAPES.some((shape) => shape.test(value))

/** Whether it is no setting: those can be read by others, and stay in the history of releases. */
export const isSecretSetting = (name: string, value: string): boolean =>
  SURELY.test(name) || redactShapes(value) !== value || SHAPES.some((shape) => !PATH.test(value) && shape.test(value))

// MAX_TOKENS, KEYWORDS and AUTHOR are none.
const SURELY =
  /(?:^|_|API)(?:TOKEN|(?:KEY|SECRET|PASS|PASSWORD|PASSWD|PASSPHRASE|PWD|CREDENTIAL|DSN|COOKIE|SALT)S?)(?:_|$)/i
const PATH = /^[./~]/

/** Takes out what is a secret by its shape, whosever it is: tokens, and passwords within a URL. */
export const redactShapes = (text: string): string =>
  redact(text).replace(IN_URL, '$1[secret]@').replace(KNOWN, '[token]')

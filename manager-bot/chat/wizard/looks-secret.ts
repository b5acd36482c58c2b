import { redact } from '../../../deploy-engine/index.ts'

const NAMES = /TOKEN|KEY|SECRET|PASS|PWD|CREDENTIAL|DSN|PRIVATE|AUTH|SESSION|COOKIE|SALT|HASH|SIGN/i
const SHAPES = [
  // Credentials within a URL.
  /:\/\/[^/\s:@]*:[^/\s@]+@/,
  /\b(?:gh[oprsu]_|github_pat_|glpat-|sk-|xox[abp]-|AKIA|AIza|eyJ)[\w-]{12,}/,
  /-----BEGIN /,
  // Long, and of letters and digits at random.
  /(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[\w+/=-]{28,}/,
]

/** Whether a value is better not left in a chat: by the name of its variable, or by its own looks. */
export const looksSecret = (name: string, value: string): boolean =>
  NAMES.test(name) || redact(value) !== value || SHAPES.some((shape) => shape.test(value))

import type { Secret } from '../secret.ts'

/** The text of a `.env` file that dotenv and its relatives in other languages read back to the same values. */
export const envFile = (variables: Readonly<Record<string, Secret | string>>): string =>
  Object.entries(variables)
    .map(([key, value]) => `${key}=${quote(typeof value === 'string' ? value : value.reveal())}\n`)
    .join('')

const quote = (value: string): string => {
  if (/^[A-Za-z0-9_:./@%+,-]*$/.test(value)) return value
  if (!/['\n\r]/.test(value)) return `'${value}'`
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"`
}

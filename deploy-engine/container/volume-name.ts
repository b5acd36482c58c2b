import { createHash } from 'node:crypto'

/** `<instance>-<bot>.<slug>-<hash4>`: readable, and distinct for paths whose slugs would be the same. */
export const volumeName = (instance: string, bot: string, path: string): string => {
  const slug = path
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .toLowerCase()
    .slice(0, 40)
  return `${instance}-${bot}.${slug || 'root'}-${createHash('sha256').update(path).digest('hex').slice(0, 4)}`
}

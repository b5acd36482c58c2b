import { readFile } from 'node:fs/promises'
import type { Handler } from 'hono'

const SCRIPTS = [
  'main',
  'store',
  'chats',
  'act',
  'events',
  'deep-link',
  'chat-list',
  'conversation',
  'messages',
  'bubble',
  'formatted-text',
  'composer',
  'command-menu',
  'elements',
]
const STYLES = [
  'colours',
  'layout',
  'chat-list',
  'conversation',
  'messages',
  'marks',
  'attachments',
  'text',
  'composer',
]
const FILES = new Map<string, [name: string, type: string]>([
  ['/', ['index.html', 'text/html']],
  ['/icon.svg', ['icon.svg', 'image/svg+xml']],
  ...STYLES.map((name): [string, [string, string]] => [`/${name}.css`, [`${name}.css`, 'text/css']]),
  ...SCRIPTS.map((name): [string, [string, string]] => [`/${name}.js`, [`${name}.js`, 'text/javascript']]),
])

/** The page's own files, read from beside this one. No other file and no other site can be loaded into it. */
export const servePage: Handler = async (c) => {
  const [name, type] = FILES.get(c.req.path) ?? []
  if (!name) return c.json({ error: 'Not found' }, 404)
  const body = await readFile(new URL(name, import.meta.url))
  return new Response(body, {
    headers: {
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy': "default-src 'self'; frame-ancestors 'none'",
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
    },
  })
}

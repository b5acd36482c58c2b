import type { MiddlewareHandler } from 'hono'

const LOCAL_HOST = /^(localhost|127\.0\.0\.1)(:\d+)?$/

/**
 * Whoever can reach this API acts as every person of the sandbox, and a browser on this machine shows other sites too.
 * A foreign name that resolves to 127.0.0.1 shows in Host, a foreign page's request in Origin; JSON needs its consent.
 */
export const ownSiteOnly: MiddlewareHandler = async (c, next) => {
  const host = c.req.header('host') ?? ''
  const origin = c.req.header('origin')
  if (!LOCAL_HOST.test(host)) return c.json({ error: 'Only served as localhost or 127.0.0.1' }, 403)
  if (origin !== undefined && origin !== `http://${host}`) return c.json({ error: 'Not for other sites' }, 403)
  if (c.req.method === 'POST' && !c.req.header('content-type')?.startsWith('application/json')) {
    return c.json({ error: 'Send application/json' }, 415)
  }
  return next()
}

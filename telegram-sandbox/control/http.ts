import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { servePage } from '../page/serve-page.ts'
import type { World } from '../world/world.ts'
import { ownSiteOnly } from './own-site-only.ts'
import { type PageEvent, pageEvent, snapshot } from './page-view.ts'
import type { Sandbox } from './sandbox.ts'

const Chat = z.union([z.string(), z.number()])
const Place = { person: z.number(), chat: Chat, topic: z.number().optional() }
const Say = z.strictObject({ ...Place, text: z.string() })
/** `content` in base64. */
const File = z.strictObject({ ...Place, name: z.string().min(1), content: z.base64(), caption: z.string() })
const Press = z.strictObject({ person: z.number(), chat: Chat, message_id: z.number(), button: z.string() })

const HEARTBEAT_MS = 5_000

/**
 * The page and what it does: GET /events, GET /document/<file id>, POST /say, /file and /press.
 * A refused POST answers 400 with `{error}`.
 */
export const controlApi = (world: World, sandbox: Sandbox): Hono => {
  const app = new Hono()
  app.use(ownSiteOnly)
  app.get('/events', (c) => events(c, world, sandbox))
  app.get('/document/:id', (c) => download(c, world))
  app.post('/say', async (c) => {
    const { person, chat, topic, text } = Say.parse(await c.req.json())
    return c.json({ message_id: sandbox.say(person, chat, text, inTopic(topic)).message_id })
  })
  app.post('/file', async (c) => {
    const { person, chat, topic, content, ...file } = File.parse(await c.req.json())
    const sent = sandbox.sendFile(person, chat, { ...file, content: Buffer.from(content, 'base64') }, inTopic(topic))
    return c.json({ message_id: sent.message_id })
  })
  app.post('/press', async (c) => {
    const { person, chat, message_id, button } = Press.parse(await c.req.json())
    return c.json(await sandbox.press(person, chat, message_id, button))
  })
  app.get('*', servePage)
  app.onError((error, c) =>
    c.json({ error: error instanceof z.ZodError ? z.prettifyError(error) : error.message }, 400),
  )
  return app
}

const inTopic = (topic: number | undefined) => (topic === undefined ? {} : { topic })

/** Server-sent events: a snapshot of everything, then each change, for as long as the page listens. */
const events = (c: Context, world: World, sandbox: Sandbox): Response => {
  const encoder = new TextEncoder()
  let stop = () => {}
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      const write = (text: string) => controller.enqueue(encoder.encode(text))
      const send = ({ type, ...data }: PageEvent) => write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`)
      send({ type: 'snapshot', ...snapshot(world) })
      const forget = sandbox.onChange((change) => {
        const event = pageEvent(world, change)
        if (event) send(event)
      })
      const heartbeat = setInterval(() => write('event: heartbeat\ndata: {}\n\n'), HEARTBEAT_MS)
      stop = () => {
        clearInterval(heartbeat)
        forget()
      }
    },
    cancel: () => stop(),
  })
  c.req.raw.signal.addEventListener('abort', () => stop())
  return new Response(stream, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } })
}

const download = (c: Context, world: World): Response => {
  const file = world.state.files.find(({ file_id }) => file_id === c.req.param('id'))
  if (!file) return c.json({ error: 'No such document' }, 404)
  const name = encodeURIComponent(file.file_name).replace(/'/g, '%27')
  return new Response(Buffer.from(file.content, 'base64'), {
    headers: {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename*=UTF-8''${name}`,
      'x-content-type-options': 'nosniff',
    },
  })
}

/** One line of the daemon's answer to a build; `aux` belongs to `id`. */
export type BuildEvent = { stream?: string; status?: string; id?: string; error?: string; aux?: unknown }

/** Reads the daemon's stream of JSON lines. Nothing is kept: a build may print for 20 minutes. */
export async function* readEvents(stream: AsyncIterable<unknown>): AsyncGenerator<BuildEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const lines = `${rest}${decoder.decode(asBytes(chunk), { stream: true })}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line)
  }
  if (rest.trim() !== '') yield JSON.parse(rest)
}

// Characters may be cut in two between chunks, so they are decoded here and not by the stream.
const asBytes = (chunk: unknown): Uint8Array => (chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk)))

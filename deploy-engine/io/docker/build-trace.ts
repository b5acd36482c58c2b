/** What BuildKit tells of one step: it began, came from the cache, or failed. */
export type Vertex = { digest: string; name: string; started: boolean; cached: boolean; error: string }

export type VertexLog = { vertex: string; stream: 'stdout' | 'stderr'; text: string }

/**
 * One `moby.buildkit.trace` event: base64 of the protobuf message moby.buildkit.v1.StatusResponse, of which fields 1
 * (vertexes) and 3 (logs) are read. dockerode's own decoder needs a .proto file at run time and forgets the streams.
 * Source: https://github.com/moby/buildkit/blob/v0.10.0/api/services/control/control.proto
 */
export const readTrace = (base64: string): { vertexes: Vertex[]; logs: VertexLog[] } => {
  const fields = readFields(Buffer.from(base64, 'base64'))
  return { vertexes: messages(fields, 1).map(vertexOf), logs: messages(fields, 3).map(logOf) }
}

type Field = { number: number; value: number | Buffer }

const vertexOf = (fields: Field[]): Vertex => ({
  digest: text(fields, 1),
  name: text(fields, 3),
  cached: integer(fields, 4) === 1,
  started: fields.some(({ number }) => number === 5),
  error: text(fields, 7),
})

const STDERR = 2

const logOf = (fields: Field[]): VertexLog => ({
  vertex: text(fields, 1),
  stream: integer(fields, 3) === STDERR ? 'stderr' : 'stdout',
  text: text(fields, 4),
})

const messages = (fields: Field[], wanted: number): Field[][] =>
  fields.flatMap(({ number, value }) => (number === wanted && typeof value !== 'number' ? [readFields(value)] : []))

const text = (fields: Field[], wanted: number): string =>
  fields.findLast(({ number }) => number === wanted)?.value.toString() ?? ''

const integer = (fields: Field[], wanted: number): number =>
  Number(fields.findLast(({ number }) => number === wanted)?.value ?? 0)

/** Splits a protobuf message into its fields. Source: https://protobuf.dev/programming-guides/encoding/ */
const readFields = (bytes: Buffer): Field[] => {
  const fields: Field[] = []
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at++] ?? 0
      value += (byte & 127) * scale
      if (byte < 128) break
    }
    return value
  }
  const take = (length: number): Buffer => {
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const key = varint()
    const [number, wire] = [Math.floor(key / 8), key % 8]
    if (wire === 0) fields.push({ number, value: varint() })
    else if (wire === 2) fields.push({ number, value: take(varint()) })
    else if (wire === 1 || wire === 5) take(wire === 1 ? 8 : 4)
    else throw new Error(`BuildKit's progress has a field of the unknown wire type ${wire}`)
  }
  return fields
}

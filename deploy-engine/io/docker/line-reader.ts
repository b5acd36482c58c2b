import type { LogLine } from '../../ports.ts'

const HEADER = 8
const NEWLINE = 10
const SPACE = 32
/** A program that never ends its line must not fill the memory. */
const LONGEST = 256 * 1024

type Part = { at: number; bytes: Buffer[]; length: number }

/** Puts the lines together that Docker sends in frames, each with its time in front, as they come in. */
export const lineReader = (onLine: (line: LogLine) => void) => {
  // Docker cuts long lines: those that are not whole yet, by the stream that they came by.
  const parts = new Map<number, Part>()
  let rest: Buffer = Buffer.alloc(0)

  const emit = (stream: number, { at, bytes }: Part): void => {
    parts.delete(stream)
    onLine({
      at,
      text: Buffer.concat(bytes)
        .toString('utf8')
        .replace(/\r?\n$/, ''),
    })
  }
  const take = (stream: number, frame: Buffer): void => {
    const space = frame.indexOf(SPACE)
    const text = frame.subarray(space + 1)
    const part = parts.get(stream) ?? { at: timeOf(frame.toString('latin1', 0, space)), bytes: [], length: 0 }
    part.bytes.push(text)
    part.length += text.length
    if (text.at(-1) === NEWLINE || part.length > LONGEST) emit(stream, part)
    else parts.set(stream, part)
  }
  return {
    read: (chunk: Buffer): void => {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      let at = 0
      while (at + HEADER <= bytes.length) {
        const end = at + HEADER + bytes.readUInt32BE(at + 4)
        if (end > bytes.length) break
        take(bytes.readUInt8(at), bytes.subarray(at + HEADER, end))
        at = end
      }
      rest = bytes.subarray(at)
    },
    /** What has no end yet will not get one. */
    end: (): void => {
      for (const [stream, part] of parts) emit(stream, part)
    },
  }
}

/** Of `2026-01-01T12:00:00.123456789Z`; Date knows nothing below ms. */
const timeOf = (stamp: string): number =>
  Date.parse(`${stamp.slice(0, 19)}Z`) + Number(`0${stamp.slice(19, -1)}`) * 1000

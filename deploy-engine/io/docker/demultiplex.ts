const HEADER = 8

/** Joins the frames in which Docker sends stdout and stderr of a container without a TTY. */
export const demultiplex = (output: Buffer): string => {
  const parts: Buffer[] = []
  for (let at = 0; at + HEADER <= output.length; ) {
    const length = output.readUInt32BE(at + 4)
    parts.push(output.subarray(at + HEADER, at + HEADER + length))
    at += HEADER + length
  }
  return Buffer.concat(parts).toString('utf8')
}

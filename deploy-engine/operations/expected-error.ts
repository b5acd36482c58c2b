import { messageOf, TbsError } from '../error.ts'

/** What the outside world refused or could not do is expected; undefined: a bug of ours. */
export const expectedError = (error: unknown): TbsError | undefined => {
  if (error instanceof TbsError) return error
  if (!(error instanceof Error)) return undefined
  if (isUnreachableSocket(error)) {
    return new TbsError('docker_unreachable', `Docker does not answer: ${error.message}`, {
      hint: 'Is it running, and may this user use it? Try: docker version',
      cause: error,
    })
  }
  if ('statusCode' in error && typeof error.statusCode === 'number') {
    return new TbsError('docker_refused', `Docker refused: ${reasonOf(error)}`, { cause: error })
  }
  if ('code' in error && error.code === 'ENOSPC') {
    return new TbsError('disk_full', 'The disk is full', { hint: 'Free some disk and try again', cause: error })
  }
  return undefined
}

// A connection that is refused, or cut off in the middle of an answer.
const isUnreachableSocket = (error: Error): boolean =>
  ('syscall' in error && error.syscall === 'connect') ||
  ('code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE'))

/** The daemon's own sentence, without the HTTP status that the client puts before it. */
export const reasonOf = (error: unknown): string =>
  messageOf(error)
    .replace(/^\(HTTP code \d+\) [^-]*- /, '')
    .trim()

/** An answer of Docker's API with an error status, as dockerode throws it. */
export const refused = (statusCode: number, message: string): Error =>
  Object.assign(new Error(`(HTTP code ${statusCode}) ${REASONS[statusCode] ?? 'unexpected'} - ${message} `), {
    statusCode,
    reason: REASONS[statusCode],
    json: { message },
  })

const REASONS: Record<number, string> = {
  400: 'bad parameter',
  404: 'no such container',
  409: 'conflict',
  500: 'server error',
}

/** No daemon listens. */
export const unreachable = (): Error =>
  Object.assign(new Error('connect ECONNREFUSED /var/run/docker.sock'), { code: 'ECONNREFUSED', syscall: 'connect' })

/** The daemon went away in the middle of a call. */
export const cutOff = (): Error => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })

/** Turns the given HTTP statuses of Docker's API into undefined; any other failure is thrown on. */
export const ignoreStatus =
  (...statuses: number[]) =>
  (error: unknown): undefined => {
    if (statuses.some((status) => hasStatus(error, status))) return undefined
    throw error
  }

export const hasStatus = (error: unknown, status: number): boolean =>
  typeof error === 'object' && error !== null && 'statusCode' in error && error.statusCode === status

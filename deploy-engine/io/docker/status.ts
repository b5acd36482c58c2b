/** Turns the given HTTP statuses of Docker's API into undefined; any other failure is thrown on. */
export const ignoreStatus =
  (...statuses: number[]) =>
  (error: unknown): undefined => {
    if (statuses.includes(statusOf(error) ?? 0)) return undefined
    throw error
  }

const statusOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined

const OLDEST = [1, 41] as const

/** Of Docker's API, as it names it; Docker Engine 20.10 has it. */
export const OLDEST_API = OLDEST.join('.')

export const isOldApi = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])
}

const BLOCK = 16

/** First /28 of the pool that overlaps none of the taken CIDR blocks; undefined when the pool is used up. */
export const freeSubnet = (pool: string, taken: readonly string[]): string | undefined => {
  const { first, last } = rangeOf(pool)
  const ranges = taken.map(rangeOf)
  for (let start = first; start + BLOCK - 1 <= last; start += BLOCK) {
    const end = start + BLOCK - 1
    if (ranges.every((range) => range.last < start || range.first > end)) return `${dotted(start)}/28`
  }
  return undefined
}

const rangeOf = (cidr: string): { first: number; last: number } => {
  const [address = '', bits = '32'] = cidr.split('/')
  const size = 2 ** (32 - Number(bits))
  const number = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
  const first = Math.floor(number / size) * size
  return { first, last: first + size - 1 }
}

const dotted = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')

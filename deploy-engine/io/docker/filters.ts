import type { Labels } from '../../ports.ts'

/** Docker's filter for objects that carry all of these labels. */
export const labelFilter = (labels: Labels): string[] => Object.entries(labels).map(([key, value]) => `${key}=${value}`)

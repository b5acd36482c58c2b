import type { LogPart } from '../deploy-engine/index.ts'
import { age } from './text/duration.ts'

/** What a bot printed; where it comes from more than one container, lines between say from which release. */
export const logText = (parts: readonly LogPart[], now: number): string => {
  const isPlain = parts.length === 1 && parts[0]?.current
  return parts
    .flatMap((part) => [...(isPlain ? [] : [heading(part, now)]), ...part.lines.map(({ text }) => text)])
    .join('\n')
}

const heading = ({ release, lines }: LogPart, now: number): string =>
  `— v${release}, ${age(now - (lines.at(-1)?.at ?? now))} —`

export const lineCount = (parts: readonly LogPart[]): number => parts.reduce((sum, { lines }) => sum + lines.length, 0)

import type { Choices } from '../../../deploy-engine/image/plan.ts'
import { interesting, type SourceTree } from '../../../deploy-engine/image/source-tree.ts'

/** Of a bot for which nothing was chosen. */
export const NO_CHOICES: Choices = { tokenEnv: null, path: null, ignoreDockerfile: false, volumes: [] }

/** A tree of these files, read as the engine reads a checkout; objects become JSON. */
export const treeOf = (files: Record<string, string | object>): SourceTree => {
  const texts = Object.entries(files).map(
    ([path, content]) => [path, typeof content === 'string' ? content : JSON.stringify(content, null, 2)] as const,
  )
  return {
    files: texts.map(([path]) => path).sort(),
    text: new Map(texts.filter(([path]) => interesting(path))),
  }
}

/** What a call throws, for a look at its code, message and hint. */
export const thrownBy = (call: () => unknown): unknown => {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

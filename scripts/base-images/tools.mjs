import { installed, python } from './python.mjs'

/**
 * What Dockerfiles use of the tools that the public images without `slim` in their names have. Those hold a few hundred
 * packages more. On top of Python, so that one image serves Node's and Python's.
 * @type {import('./stand-in.mjs').Recipe}
 */
export const tools = {
  from: python,
  write: () => [`RUN ${installed(['g++', 'make', 'git', 'curl', 'wget', 'procps', 'unzip', 'xz-utils'])}`],
}

import { RepoUrl } from '../names.ts'

/**
 * Where a submodule comes from, as git has it: `./` and `../` at the beginning count from the URL of the repository
 * that contains it. undefined: that is no URL of a repository, or leads off its server.
 */
export const submoduleUrl = (parent: string, url: string): string | undefined => {
  const resolved = /^\.\.?\//.test(url) ? relativeTo(parent, url) : url
  return resolved !== undefined && RepoUrl.safeParse(resolved).success ? resolved : undefined
}

const relativeTo = (parent: string, url: string): string | undefined => {
  const [, root = '', path = ''] = /^([a-z]+:\/\/[^/]*\/|[^/:]+:)(.*)$/s.exec(parent) ?? []
  const parts = path.split('/').filter((part) => part !== '')
  for (const part of url.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return undefined
    } else if (part !== '.' && part !== '') parts.push(part)
  }
  return root + parts.join('/')
}

import { protocolOf } from '../../../deploy-engine/index.ts'
import { splitWords } from '../../words.ts'

export type TypedRepo = { repo: string; ref?: string; path?: string }

/** `<url> [ref]`, also the address of a page that shows a branch or a directory at GitHub, GitLab and the like. */
export const typedRepo = (text: string): TypedRepo => {
  const [url = '', ref, ...more] = splitWords(text)
  const page = /^(https:\/\/[^/]+\/.+?)\/(?:-\/)?tree\/([^/?#]+)(?:\/([^?#]+?))?\/?(?:[?#].*)?$/.exec(whole(url))
  const [, repo = whole(url), shown, path] = page ?? []
  const wanted = ref ?? shown
  return {
    // Words too many are no part of any URL, and refused as such.
    repo: [repo, ...more].join(' '),
    ...(wanted !== undefined && { ref: wanted }),
    ...(path !== undefined && { path: decodeURIComponent(path) }),
  }
}

const whole = (url: string): string =>
  (/^(www\.)?(github\.com|gitlab\.com|codeberg\.org|bitbucket\.org)\//i.test(url) ? `https://${url}` : url).replace(
    /(?<=[^/:])\/+$/,
    '',
  )

/** The same repository over ssh; undefined where that can't be said. */
export const overSsh = (repo: string): string | undefined => {
  if (protocolOf(repo) === 'ssh') return repo
  const [, host, path] = /^https:\/\/([^/:@]+)\/(.+)$/.exec(repo) ?? []
  return host && path ? `git@${host}:${path}` : undefined
}

/** The same repository over https; undefined where that can't be said. */
export const overHttps = (repo: string): string | undefined => {
  if (protocolOf(repo) === 'https') return repo
  const [, host, path] =
    /^ssh:\/\/(?:[^@/]+@)?([^/:@]+)\/(.+)$/.exec(repo) ?? /^(?:[^@/]+@)?([^/:@]+):([^/].*)$/.exec(repo) ?? []
  return host && path ? `https://${host}/${path}` : undefined
}

/** Where a repository's deploy keys are added, a line each; in words where the address is not known. */
export const keysPages = (repo: string): string[] => {
  const page = overHttps(repo)?.replace(/\.git$/, '')
  if (page?.startsWith('https://github.com/')) return [`Here: ${page}/settings/keys/new`]
  if (page?.startsWith('https://gitlab.com/')) return [`Here, below Deploy keys: ${page}/-/settings/repository`]
  return ['On GitHub: Settings → Deploy keys', 'On GitLab: Settings → Repository → Deploy keys']
}

/** Where a token for reading is made. */
export const tokensPage = (repo: string): string => {
  if (/^https:\/\/github\.com\//.test(repo)) {
    return 'https://github.com/settings/personal-access-tokens/new (only this repository, Contents: read-only)'
  }
  if (/^https:\/\/gitlab\.com\//.test(repo)) {
    return `${repo.replace(/\.git$/, '')}/-/settings/access_tokens (role Reporter, read_repository)`
  }
  return 'with read access to this repository alone; where a user name belongs to it: user:token'
}

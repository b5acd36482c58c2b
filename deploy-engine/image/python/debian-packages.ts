import type { Requirement } from './requirements.ts'

export type DebianPackages = { build: string[]; run: string[]; evidence: string[] }

/** Debian packages that Python packages take: to be compiled, and to run. */
export const debianPackages = (requirements: readonly Requirement[]): DebianPackages => {
  const compiled = requirements.filter(({ name }) => COMPILED.has(name))
  const named = compiled.map(({ name, place }) => `${name} (${place})`).join(', ')
  const git = requirements.find(({ range }) => /git\+/.test(range))
  const names = requirements.map(({ name }) => name)
  const run = [...new Set(names.flatMap((name) => RUN.get(name) ?? []))]
  const headers = compiled.flatMap(({ name }) => COMPILED.get(name) ?? [])
  const build = [...(compiled.length === 0 ? [] : ['build-essential', 'python3-dev']), ...headers]
  return {
    build: [...new Set([...build, ...(git ? ['git'] : []), ...run])],
    run,
    evidence: [
      ...(compiled.length === 0 ? [] : [`compiler while packages are installed: ${named}`]),
      ...(git ? [`git while packages are installed: ${git.name} (${git.place}) comes from a repository`] : []),
      ...(run.length === 0 ? [] : [`Debian packages in the image: ${run.join(', ')}`]),
    ],
  }
}

/** Those that are published as sources only, with the headers that they need. */
const COMPILED = new Map<string, string[]>([
  ['tgcrypto', []],
  ['psycopg2', ['libpq-dev']],
  ['mysqlclient', ['default-libmysqlclient-dev', 'pkg-config']],
  ['pyaudio', ['portaudio19-dev']],
  ['pycairo', ['libcairo2-dev', 'pkg-config']],
  ['python-ldap', ['libldap2-dev', 'libsasl2-dev']],
  ['uwsgi', []],
  ['netifaces', []],
  ['pysqlite3', ['libsqlite3-dev']],
  ['fasttext', []],
  ['dlib', ['cmake']],
])

const RUN = new Map<string, string[]>([
  ['psycopg2', ['libpq5']],
  ['mysqlclient', ['libmariadb3']],
  ['pyaudio', ['libportaudio2']],
  ['pycairo', ['libcairo2']],
  ['pydub', ['ffmpeg']],
  ['ffmpeg-python', ['ffmpeg']],
])

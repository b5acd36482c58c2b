import { ownedDirectories } from '../program.ts'

/** Parts of a generated Dockerfile; all texts are our own or safely quoted by the caller. */
export type PythonImage = {
  /** Such as 3.13. */
  version: string
  /** Directories that a fresh volume takes its owner from. */
  volumes: string[]
  /** Shell text; undefined: there is nothing to install. */
  install: string | undefined
  manifests: string[] | undefined
  command: string[]
  /** Further directories that modules are looked for in. */
  modules: string[]
  debian: { build: string[]; run: string[] }
}

/**
 * The Dockerfile of a Python bot, for the classic builder: packages in a virtual environment that also sees those of
 * the base image, everything owned and writable by uid 1000. What changes most comes last; a compiler stays behind in a
 * stage of its own.
 */
export const pythonDockerfile = (image: PythonImage): string => {
  const isStaged = image.debian.build.length > image.debian.run.length && image.install !== undefined
  return [...(isStaged ? inTwoStages(image) : inOneStage(image)), ''].join('\n')
}

const inOneStage = (image: PythonImage): string[] => [
  `FROM ${baseOf(image)}`,
  ...debian(image.debian.run),
  ...environment(image),
  ...install(image),
  command(image),
  ...(image.install === undefined || image.manifests ? ['COPY --chown=1000:1000 . ./'] : []),
]

const inTwoStages = (image: PythonImage): string[] => [
  `FROM ${baseOf(image)} AS packages`,
  ...debian(image.debian.build),
  ...environment(image),
  ...install(image),
  `FROM ${baseOf(image)}`,
  ...debian(image.debian.run),
  ...environment(image),
  `COPY --chown=1000:1000 --from=packages ${PACKAGES} ${PACKAGES}`,
  command(image),
  'COPY --chown=1000:1000 . ./',
]

const PACKAGES = '/home/bot/packages'

const baseOf = ({ version }: PythonImage): string => `python:${version}-slim-bookworm`

const debian = (packages: string[]): string[] =>
  packages.length === 0
    ? []
    : [
        `RUN apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')} ` +
          '&& rm -rf /var/lib/apt/lists/*',
      ]

/** Without pip of its own the environment uses the base image's, and takes no seconds to make. */
const environment = ({ volumes, modules }: PythonImage): string[] => {
  const owned = ownedDirectories([...volumes, '/home/bot']).join(' ')
  const path = modules.length === 0 ? '' : ` PYTHONPATH=${modules.join(':')}`
  return [
    `ENV PATH=${PACKAGES}/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1${path}`,
    'RUN getent passwd 1000 >/dev/null || useradd --uid 1000 --user-group --create-home bot',
    'WORKDIR /app',
    `RUN mkdir -p ${owned} && chown 1000:1000 ${owned}`,
    'USER 1000:1000',
    `RUN python3 -m venv --system-site-packages --without-pip ${PACKAGES}`,
  ]
}

const install = ({ install, manifests }: PythonImage): string[] =>
  install === undefined
    ? []
    : [
        ...(manifests && manifests.length === 0 ? [] : manifests ? groups(manifests) : ['COPY --chown=1000:1000 . ./']),
        `RUN ${install}`,
      ]

/** COPY flattens: what is in a directory is copied into one of that name. */
const groups = (manifests: string[]): string[] => {
  const directories = [...new Set(manifests.map((path) => path.slice(0, path.lastIndexOf('/') + 1)))]
  return directories.map((directory) => {
    const files = manifests.filter((path) => path.slice(0, path.lastIndexOf('/') + 1) === directory)
    return `COPY --chown=1000:1000 ${JSON.stringify([...files, `./${directory}`])}`
  })
}

const command = ({ command }: PythonImage): string => `CMD ${JSON.stringify(command)}`

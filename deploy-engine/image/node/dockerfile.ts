import { ownedDirectories } from '../program.ts'

/** Parts of a generated Dockerfile; all texts are our own or safely quoted by the caller. */
export type NodeImage = {
  major: number
  /** Where the program is started: /app, or a package in a workspace below it. */
  workdir: string
  /** Directories that a fresh volume takes its owner from. */
  volumes: string[]
  /** npm packages such as `pnpm@9.15.9`, for installing and for scripts. */
  tools: string[]
  /** Shell text. */
  install: string
  manifests: string[] | undefined
  build: string[]
  command: string[]
  debian: { build: string[]; run: string[] }
}

/**
 * The Dockerfile of a Node bot, for the classic builder: everything owned and writable by uid 1000, `node` in the base
 * image. What changes most comes last, and with as little behind it as possible: each instruction there costs every
 * build its time, so CMD stands before the sources. What only installing needs is left behind in a stage of its own.
 */
export const nodeDockerfile = (image: NodeImage): string => {
  const isStaged = image.debian.build.length > image.debian.run.length
  return [...(isStaged ? inTwoStages(image) : inOneStage(image)), ''].join('\n')
}

const inOneStage = (image: NodeImage): string[] => [
  `FROM ${baseOf(image)}`,
  ...debian(image.debian.run),
  ...environment(image),
  ...tools(image),
  ...(image.manifests
    ? [copy(image.manifests.join(' ')), `RUN ${image.install}`, command(image), copy('.')]
    : [command(image), copy('.'), `RUN ${image.install}`]),
  ...build(image),
]

const inTwoStages = (image: NodeImage): string[] => [
  `FROM ${baseOf(image)} AS packages`,
  ...debian(image.debian.build),
  // The headers of the image's own Node: node-gyp would fetch them from nodejs.org.
  'ENV npm_config_nodedir=/usr/local',
  ...environment(image),
  ...tools(image),
  copy(image.manifests?.join(' ') ?? '.'),
  `RUN ${image.install}`,
  `FROM ${baseOf(image)}`,
  ...debian(image.debian.run),
  ...environment(image),
  ...(image.tools.length === 0 ? [] : [`COPY --chown=1000:1000 --from=packages ${TOOLS} ${TOOLS}`]),
  'COPY --chown=1000:1000 --from=packages /app ./',
  command(image),
  ...(image.manifests ? [copy('.')] : []),
  ...build(image),
]

const TOOLS = '/home/node/.local'

const baseOf = ({ major }: NodeImage): string => `node:${major}-bookworm-slim`

const debian = (packages: string[]): string[] =>
  packages.length === 0
    ? []
    : [
        `RUN apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')} ` +
          '&& rm -rf /var/lib/apt/lists/*',
      ]

const environment = ({ workdir, volumes, tools }: NodeImage): string[] => {
  const owned = ownedDirectories([workdir, ...volumes]).join(' ')
  const own = workdir === '/app' ? '' : `${workdir}/node_modules/.bin:`
  return [
    `ENV PATH=${own}/app/node_modules/.bin:${tools.length === 0 ? '' : `${TOOLS}/bin:`}$PATH`,
    'WORKDIR /app',
    `RUN mkdir -p ${owned} && chown 1000:1000 ${owned}`,
    'USER 1000:1000',
  ]
}

// Not by npx, which would ask the registry again whenever a start script calls it.
const tools = ({ tools }: NodeImage): string[] =>
  tools.length === 0 ? [] : [`RUN npm install --global --prefix ${TOOLS} ${tools.join(' ')} && rm -rf ~/.npm`]

const copy = (files: string): string => `COPY --chown=1000:1000 ${files} ./`

const command = ({ command }: NodeImage): string => `CMD ${JSON.stringify(command)}`

const build = ({ build, workdir }: NodeImage): string[] => [
  ...(workdir === '/app' ? [] : [`WORKDIR ${workdir}`]),
  ...build.map((text) => `RUN ${text}`),
]

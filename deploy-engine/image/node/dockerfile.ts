/** Parts of a generated Dockerfile; all texts are our own or safely quoted by the caller. */
export type NodeImage = {
  major: number
  /** Directories that a fresh volume takes its owner from. */
  volumes: string[]
  manager: string | undefined
  /** Shell text. */
  install: string
  manifests: string[] | undefined
  build: string | undefined
  command: string[]
}

/**
 * The Dockerfile of a Node bot, for the classic builder: everything owned and writable by uid 1000, `node` in the base
 * image. What changes most comes last, and with as little behind it as possible: each instruction there costs every
 * build its time, so CMD stands before the sources.
 */
export const nodeDockerfile = ({ major, volumes, manager, manifests, ...image }: NodeImage): string => {
  const owned = ['/app', ...volumes].join(' ')
  const copy = (files: string) => `COPY --chown=1000:1000 ${files} ./`
  const install = `RUN ${image.install}`
  const command = `CMD ${JSON.stringify(image.command)}`
  return [
    `FROM node:${major}-bookworm-slim`,
    `ENV PATH=/app/node_modules/.bin:${manager === undefined ? '' : `${TOOLS}/bin:`}$PATH`,
    'WORKDIR /app',
    `RUN mkdir -p ${owned} && chown 1000:1000 ${owned}`,
    'USER 1000:1000',
    // Not by npx, which would ask the registry again whenever a start script calls it.
    ...(manager === undefined ? [] : [`RUN npm install --global --prefix ${TOOLS} ${manager} && rm -rf ~/.npm`]),
    ...(manifests ? [copy(manifests.join(' ')), install, command, copy('.')] : [command, copy('.'), install]),
    ...(image.build === undefined ? [] : [`RUN ${image.build}`]),
    '',
  ].join('\n')
}

const TOOLS = '/home/node/.local'

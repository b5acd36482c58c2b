/** Parts of a generated Dockerfile; all texts are our own or safely quoted by the caller. */
export type NodeImage = {
  major: number
  /** Directories that a fresh volume takes its owner from. */
  volumes: string[]
  /** Shell text. */
  install: string
  manifests: string[] | undefined
  build: string[] | undefined
  command: string[]
}

/**
 * The Dockerfile of a Node bot, for the classic builder: everything owned and writable by uid 1000, `node` in the base
 * image. What changes most comes last, and every instruction behind it costs a build its time: CMD is not one of them.
 */
export const nodeDockerfile = ({ major, volumes, install, manifests, build, command }: NodeImage): string => {
  const owned = ['/app', ...volumes]
  const all = 'COPY --chown=1000:1000 . ./'
  return [
    `FROM node:${major}-bookworm-slim`,
    'ENV PATH=/app/node_modules/.bin:$PATH',
    'WORKDIR /app',
    `RUN mkdir -p ${owned.join(' ')} && chown 1000:1000 ${owned.join(' ')}`,
    'USER 1000:1000',
    `CMD ${JSON.stringify(command)}`,
    manifests === undefined ? all : `COPY --chown=1000:1000 ${manifests.join(' ')} ./`,
    `RUN ${install}`,
    ...(manifests === undefined ? [] : [all]),
    ...(build === undefined ? [] : [`RUN ${build.join(' ')}`]),
    '',
  ].join('\n')
}

import { BEHAVIOUR_FILE, type Behaviour } from '../helpers/memory-docker/behaviour.ts'

/** A build context whose image behaves as told, in Docker as in the memory. */
export const contextOf = (behaviour: Behaviour, label: string): Record<string, string> => ({
  [BEHAVIOUR_FILE]: JSON.stringify(behaviour),
  'program.js': PROGRAM,
  Dockerfile: [
    'FROM node:24-bookworm-slim',
    `LABEL "tbs.instance"="${label}"`,
    'WORKDIR /app',
    `COPY ${BEHAVIOUR_FILE} program.js ./`,
    ...(behaviour.buildMs === undefined ? [] : [`RUN sleep ${behaviour.buildMs / 1000}`]),
    ...(behaviour.build === 'fails' ? ['RUN false'] : []),
    ...(behaviour.health === undefined
      ? []
      : [`HEALTHCHECK --interval=300ms --retries=1 CMD ${CHECKS[behaviour.health]}`]),
    'USER 1000:1000',
    'CMD ["node", "program.js"]',
    '',
  ].join('\n'),
})

const CHECKS = { passes: 'echo well', fails: 'echo not well; exit 1' }

const PROGRAM = `
import('node:fs').then(({ readFileSync }) => {
  const behaviour = JSON.parse(readFileSync('${BEHAVIOUR_FILE}', 'utf8'))
  const { prints = [], printsEveryMs, exits, exitsAfterMs = 0, stopsInMs = 50 } = behaviour
  const say = () => { for (const line of prints) console.log(line) }
  say()
  if (printsEveryMs !== undefined) setInterval(say, printsEveryMs)
  if (exits !== undefined) setTimeout(() => process.exit(exits), exitsAfterMs)
  setInterval(() => {}, 60_000)
  process.on('SIGTERM', () => {
    if (stopsInMs !== 'never') setTimeout(() => process.exit(0), stopsInMs)
  })
})
`

import { readInstructions } from './dockerfile-instructions.ts'

type Refusal = { message: string; hint?: string }

type Refused = { reason: string; step: string; dockerfile: { path: string; text: string } }

/** What a builder says of a Dockerfile, a file or an image, not of a command that failed. */
export const refusalOf = ({ reason, step, dockerfile }: Refused): Refusal => {
  const said = withoutPrefixes(reason)
  const [, line, wrong] = /dockerfile parse error (?:on )?line (\d+): (.*)/s.exec(said) ?? []
  if (wrong !== undefined) {
    return { message: `${dockerfile.path}:${lineBeforeLabels(dockerfile.text, Number(line))}: ${wrong}` }
  }
  for (const { pattern, refusal } of REFUSALS) {
    const match = pattern.exec(said)
    if (match) return refusal(match.slice(1).map((group) => group ?? ''))
  }
  return imageRefusal(said, step) ?? { message: said }
}

/** The builder counts lines of a copy that has one line more after each FROM. */
const lineBeforeLabels = (dockerfile: string, line: number): number => {
  const { instructions } = readInstructions(dockerfile)
  const ends = instructions.filter(({ name, unfinished }) => name === 'FROM' && !unfinished)
  return line - ends.filter(({ last }, index) => last + 2 + index < line).length
}

const REFUSALS: { pattern: RegExp; refusal: (groups: string[]) => Refusal }[] = [
  {
    pattern: /no build stage in current context|Dockerfile \(.*\) cannot be empty|file with no instructions/,
    refusal: () => ({
      message: 'The Dockerfile does not begin with FROM',
      hint: 'Begin it with FROM and a base image',
    }),
  },
  {
    pattern:
      /(?:COPY|ADD) failed: file not found in build context or excluded by \.dockerignore: stat (.+?): file does not/,
    refusal: ([file]) => notInContext(`${file}`),
  },
  {
    pattern: /failed to (?:compute cache key|calculate checksum).*"\/?([^"]+)"(?: not found|: not found)/,
    refusal: ([file]) => notInContext(`${file}`),
  },
  {
    pattern: /(?:COPY|ADD) failed: no source files were specified/,
    refusal: () => ({ message: 'COPY found no file that fits its pattern', hint: MISSING_FILE }),
  },
  {
    pattern: /(?:COPY|ADD) failed: stat (\S+): (?:file does not exist|no such file)/,
    refusal: ([file]) => ({ message: `COPY --from: the earlier stage has no ${file}` }),
  },
  {
    pattern: /(?:failed to reach build target|target stage) "?([^\s"]+)"?/,
    refusal: ([stage]) => ({
      message: `The Dockerfile has no stage named ${stage}`,
      hint: 'Correct build.target in tbs.yaml',
    }),
  },
  {
    pattern: /exec: "([^"]+)": (?:executable file not found|stat )/,
    refusal: ([program]) => ({ message: `The program ${program} is not in the image` }),
  },
  {
    pattern: /unable to find user ([^:]+):/,
    refusal: ([user]) => ({ message: `USER ${user}: the image has no such user` }),
  },
  {
    pattern: /no space left on device/i,
    refusal: () => ({ message: 'The disk of the server is full', hint: 'Free some disk and try again' }),
  },
  {
    pattern: /secret (\S+) not found/,
    refusal: ([id]) => ({
      message: `The Dockerfile asks for the build secret ${id}, and there are none in a build`,
      hint: 'Take --mount=type=secret out: secrets reach the bot when it runs',
    }),
  },
]

const notInContext = (file: string): Refusal => ({
  message: `COPY: ${file.replace(/^\//, '')} is not in the build context`,
  hint: MISSING_FILE,
})

const MISSING_FILE = 'Is it committed? Does .dockerignore leave it out? Paths start at build.context of tbs.yaml'

/** An image that can't be had: the base of a stage, or the frontend that a `# syntax=` line names. */
const imageRefusal = (said: string, step: string): Refusal | undefined => {
  const why = whyNoImage(said)
  if (why === undefined) return undefined
  const frontend = /^resolve image config for (\S+)/.exec(step)?.[1]
  if (frontend !== undefined) {
    return {
      message: `The Dockerfile’s “# syntax=” line asks for ${shortName(frontend)}, which can’t be had: ${why}`,
      hint: 'Remove that line; the builder that Docker has built in then reads the Dockerfile',
    }
  }
  const image = imageOf(said, step)
  return {
    message: `The image ${image === '' ? '' : `${image} `}can’t be had: ${why}`,
    hint: 'Is its name right? Can this server reach its registry? A private one needs “docker login” on the server',
  }
}

const imageOf = (said: string, step: string): string =>
  shortName(
    /^Step \d+\/\d+ : FROM (?:--\S+ )*(\S+)/i.exec(step)?.[1] ??
      /load metadata for (\S+)/.exec(step)?.[1] ??
      /\bFROM (?:--\S+ )*(\S+)/.exec(step)?.[1] ??
      /(?:manifest for|pull access denied for) ([^\s,]+)/.exec(said)?.[1] ??
      /invalid from flag value ([^\s:]+)/.exec(said)?.[1] ??
      '',
  )

// BuildKit says docker.io/library/node:24 of what the Dockerfile calls node:24.
const shortName = (image: string): string => image.replace(/^docker\.io\/(library\/)?/, '')

const whyNoImage = (said: string): string | undefined => {
  const host = /lookup (\S+?)(?: on \S+)?: (?:no such host|.*misbehaving)/.exec(said)?.[1]
  if (host !== undefined) return `${host} is not known here`
  const address = /dial tcp (\S+?): (connect: )?(connection refused|i\/o timeout|.*unreachable)/.exec(said)
  if (address) return `${address[1]} does not answer (${address[3]})`
  if (/toomanyrequests/.test(said)) return 'its registry allows no more downloads from here for now'
  if (/pull access denied|insufficient_scope|authorization failed|unauthorized|denied/.test(said)) {
    return 'there is no such image, or it takes a login'
  }
  if (/manifest unknown|manifest for|: not found$/.test(said)) return 'there is no such image or tag'
  return /(?:failed to do request|Get "https?:\/\/|no active sessions|TLS handshake)/.test(said) ? said : undefined
}

const withoutPrefixes = (reason: string): string =>
  reason
    .replace(
      /^(?:failed to solve(?: with frontend [\w.]+)?: |failed to create LLB definition: |rpc error: [^:]*: )+/g,
      '',
    )
    .trim()

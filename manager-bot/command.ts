import type { ZodError, ZodType } from 'zod'
import type { Engine, Secret } from '../deploy-engine/index.ts'
import type { RichText } from './text/rich-text.ts'

/**
 * The engine's functions, handed over by the door. Commands import only its types: listing them for `--help` must not
 * load a database driver.
 */
export type Verbs = typeof import('../deploy-engine/index.ts')

/** Telegram's for a bot, or a git server's for reading. */
export type AskedToken = 'bot' | 'git'

export type Role = 'owner' | 'admin' | 'viewer'

/** Words by the names that the usage gives them; not checked yet. */
export type Input = Readonly<Record<string, string>>

/** One verb, for chat, terminal, /help and the command menu. */
export type Command = {
  name: string
  /** "<bot> [lines] [--since <time>]": the one source of names and order. */
  usage: string
  summary: string
  details?: string
  /** Arguments that work, without the name. */
  example: string
  role: Role
  door?: 'chat'
  /** Whose token `ask` asks for; absent: a bot's. */
  token?: AskedToken
  /** Checks the words; fails with `bad_argument`. */
  bind(input: Input, verbs: Verbs): BoundCommand
}

export type BoundCommand = {
  /** Only of commands that need a bot's token: what to say when asking for it. Fails when asking is pointless. */
  ask?(context: CommandContext): Promise<RichText>
  run(context: CommandContext): Promise<Reply>
}

/** Something to do next that is one press away: in the chat a button, in the terminal the command to type. */
export type Offer = { label: string; command: string; input: Input }

export type Reply = {
  text: RichText
  offers?: readonly Offer[]
  document?: { name: string; content: string }
  /** The door follows this operation and shows how it goes. */
  operation?: number
  /** Nothing was done because the words did not suffice. */
  incomplete?: true
  /** For `--json`. */
  data?: unknown
}

export type CommandContext = {
  engine: Engine
  verbs: Verbs
  commands: readonly Command[]
  door: 'chat' | 'terminal'
  requestedBy: string
  /** Present once the door has asked for it. */
  token?: Secret
  /** Called between writing an operation down and queueing it, so that a restart in between still shows it. */
  follow(operation: number): Promise<void>
  /** false: the queue can't be reached now; the door goes on trying. */
  enqueue(operation: number): Promise<boolean>
  /** Stops waiting for a token in this chat; false if nothing was awaited. */
  forget(): Promise<boolean>
}

type Definition<A> = Omit<Command, 'bind'> & {
  args(verbs: Verbs): ZodType<A, unknown>
  ask?(args: A, context: CommandContext): Promise<RichText>
  run(args: A, context: CommandContext): Promise<Reply>
}

export const defineCommand = <A>({ args, ask, run, ...command }: Definition<A>): Command => ({
  ...command,
  bind: (input, verbs) => {
    const parsed = args(verbs).safeParse(input)
    if (!parsed.success) throw argumentError(command, parsed.error, verbs)
    return {
      ...(ask && { ask: (context: CommandContext) => ask(parsed.data, context) }),
      run: (context) => run(parsed.data, context),
    }
  },
})

export type Parameters = {
  positional: { name: string; required: boolean }[]
  options: { name: string; value: string }[]
}

export const parametersOf = ({ usage }: Pick<Command, 'usage'>): Parameters => {
  const positional: Parameters['positional'] = []
  const options: Parameters['options'] = []
  for (const [, option, value, required, optional] of usage.matchAll(/\[--(\w+) <(\w+)>\]|<(\w+)>|\[(\w+)\]/g)) {
    if (option && value) options.push({ name: option, value })
    else if (required) positional.push({ name: required, required: true })
    else if (optional) positional.push({ name: optional, required: false })
  }
  return { positional, options }
}

/** The required parameter that comes first among those without a word. */
export const missingFrom = (command: Command, input: Input): string | undefined =>
  parametersOf(command).positional.find(({ name, required }) => required && input[name] === undefined)?.name

export const usageHint = ({ name, usage, example }: Pick<Command, 'name' | 'usage' | 'example'>): string =>
  `Usage: /${name} ${usage}`.trim() + (example ? `, for example /${name} ${example}` : '')

const argumentError = (command: Pick<Command, 'name' | 'usage' | 'example'>, error: ZodError, { TbsError }: Verbs) => {
  const { path = [], message = 'not valid' } = error.issues[0] ?? {}
  return new TbsError('bad_argument', `${String(path[0] ?? command.name)}: ${message}`, { hint: usageHint(command) })
}

import { type ZodError, type ZodType, z } from 'zod'
import type { Check, Engine, Secret } from '../deploy-engine/index.ts'
import type { Audit } from './audit.ts'
import type { People } from './people.ts'
import type { Access, Role } from './role.ts'
import type { RichText } from './text/rich-text.ts'

/**
 * The engine's functions, handed over by the door. Commands import only its types: listing them for `--help` must not
 * load a database driver.
 */
export type Verbs = typeof import('../deploy-engine/index.ts')

/** Telegram's for a bot, a git server's for reading, or the value of a variable. */
export type AskedToken = 'bot' | 'git' | 'value'

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
  /** The least that may use it, for the bot that it names, else for all bots. */
  role: Role
  /** Without a bot it asks for a role for any bot, and heeds itself which ones `access` lets it show. */
  acrossBots?: true
  /**
   * It touches nothing but the database. So the chat writes its change and its answer down together, and after a kill
   * it is either all done or not begun.
   */
  onlyDatabase?: true
  /** It changes nothing, or with this input it does not: such is not written down in the audit. */
  reads?: boolean | ((input: Input) => boolean)
  /** Of these the audit keeps nothing but what is before the first "=". */
  hides?: readonly string[]
  door?: 'chat'
  /** Whose token `ask` asks for; absent: a bot's. */
  token?: AskedToken
  /** Checks the words; fails with `bad_argument`. */
  bind(input: Input, verbs: Verbs): BoundCommand
}

export type BoundCommand = {
  /** What to say when asking for a token; undefined: none is needed. Fails when asking is pointless. */
  ask?(context: CommandContext): Promise<RichText | undefined>
  /** What the chat asks before it is carried out; undefined: there is no need to. Fails like `run` would. */
  confirm?(context: CommandContext): Promise<Question | undefined>
  run(context: CommandContext): Promise<Reply>
}

/** What exactly would happen, and two buttons. */
export type Question = {
  text: RichText
  yes: string
  no: string
  /** What is carried out: as it was shown, not as it would be understood by then. */
  input: Input
}

/** Something to do next that is one press away: in the chat a button, in the terminal the command to type. */
export type Offer = {
  label: string
  command: string
  input: Input
  style?: 'danger' | 'success' | 'primary'
  /**
   * What becomes of its message once pressed: it makes room for the answer, or keeps its buttons, or loses them. Or it
   * keeps them and shows by itself what came of it: then nothing else is said, unless it failed.
   */
  fate?: 'replaced' | 'stays' | 'shows'
  /** It answers a question of this command, which is valid for a minute. */
  reply?: 'yes' | 'no'
}

/** Each in a row of its own, or some side by side. */
export type Offers = readonly (Offer | readonly Offer[])[]

export type Reply = {
  text: RichText
  offers?: Offers
  document?: Document
  /** The door follows this operation and shows how it goes. */
  operation?: number
  /** The door shows what this tells, as it comes: the chat for two minutes, the terminal until Ctrl-C. */
  live?: Live
  /** Nothing was done because the words did not suffice. */
  incomplete?: true
  /** Called by the chat once the reply is on its way. */
  afterwards?(): void
  /** For `--json`. */
  data?: unknown
  /** For `--json` in the place of that: a line each, as they come. */
  lines?: AsyncIterable<unknown>
}

/** A text, or a file on this server as it is when it is sent. */
export type Document = { name: string } & ({ content: string } | { file: string })

/** Something of a bot that goes on, line by line. */
export type Live = {
  bot: string
  /** The button that ends it. */
  stop: Offer
  /** Ends when the signal aborts, or by itself when the bot is removed. */
  follow(onLines: (lines: readonly string[]) => void, signal: AbortSignal): Promise<'removed' | 'aborted'>
}

/** How the manager itself is. */
export type ManagerState = {
  running: boolean
  /** Since when, ms since the epoch. */
  since?: number
  /** Of the one that runs. */
  version?: string
  /** 'up', or why it is not. */
  redis: string
}

export type CommandContext = {
  engine: Engine
  verbs: Verbs
  commands: readonly Command[]
  door: 'chat' | 'terminal'
  requestedBy: string
  /** The same when the same request is handled again after a crash: then nothing is begun twice. */
  requestKey?: string
  access: Access
  people: People
  audit: Audit
  manager(): Promise<ManagerState>
  /** What /doctor looks at and the engine does not know of. */
  ownChecks(): Check[]
  /** Only in groups. */
  here?: Here
  /** Only in the chat. */
  wizard?: Wizard
  /** Only in the chat. */
  upgrades?: UpgradesHere
  /** Present once the door has asked for it. */
  token?: Secret
  /** The person has seen what will happen and wants it. */
  confirmed?: true
  /** Called between writing an operation down and queueing it, so that a restart in between still shows it. */
  follow(operation: number): Promise<void>
  /** false: the queue can't be reached now; the door goes on trying. */
  enqueue(operation: number): Promise<boolean>
  /** Only where a button was pressed: ends the live message that it is in; false: it has ended already. */
  endLive?(): boolean
  /** Stops waiting for a token in this chat; false if nothing was awaited. */
  forget(): Promise<boolean>
}

/** Replacing the manager itself; what comes of it is told in the same place. */
export type UpgradesHere = {
  /** The version that this manager is. */
  own: string
  /** The newest version, or that one. Fails when there is none, or no reason to. */
  find(version: string | undefined): Promise<{ version: string }>
  /** The version before; fails when none is kept. */
  before(): Promise<{ version: string }>
  begin(version: string): Promise<Reply>
  back(): Promise<Reply>
}

/** Adding a bot by questions, one after the other. */
export type Wizard = {
  /** Asks the first question; in a group it tells where. Fails with `bad_value` or `name_taken`. */
  begin(given: { name?: string }): Promise<Reply>
  /** A button of the question with this number. */
  press(pressed: { turn: string; choice: string }, context: CommandContext): Promise<Reply>
  /** false: nothing was being asked. */
  cancel(): Promise<boolean>
}

/** A group, or a topic of it. */
export type Here = {
  /** From now on commands are taken and alerts are told here; gives how the place is called. Fails with `bound`. */
  bind(): Promise<string>
  /** Fails with `not_bound`. */
  unbind(): Promise<string>
}

type Definition<A> = Omit<Command, 'bind'> & {
  args(verbs: Verbs): ZodType<A, unknown>
  ask?(args: A, context: CommandContext): Promise<RichText | undefined>
  confirm?(args: A, context: CommandContext): Promise<Question | undefined>
  run(args: A, context: CommandContext): Promise<Reply>
}

export const defineCommand = <A>({ args, ask, confirm, run, ...command }: Definition<A>): Command => ({
  ...command,
  bind: (input, verbs) => {
    const parsed = args(verbs).safeParse(input)
    if (!parsed.success) throw argumentError(command, parsed.error, verbs)
    return {
      ...(ask && { ask: (context: CommandContext) => ask(parsed.data, context) }),
      ...(confirm && { confirm: (context: CommandContext) => confirm(parsed.data, context) }),
      run: (context) => run(parsed.data, context),
    }
  },
})

export type Parameters = {
  /** `rest`: all further words are part of it. */
  positional: { name: string; required: boolean; rest?: true }[]
  /** Without `value` it is given or not. */
  options: { name: string; value?: string }[]
}

/** What an option without a value has when it is given. */
export const GIVEN = 'yes'

/** An option without a value, as an argument. */
export const Flag = z
  .literal(GIVEN)
  .optional()
  .transform((given) => given !== undefined)

const PARAMETER = /\[--(\w+)(?: <(\w+)>)?\]|<(\w+)(…)?>|\[(\w+)(…)?\]/g

export const parametersOf = ({ usage }: Pick<Command, 'usage'>): Parameters => {
  const positional: Parameters['positional'] = []
  const options: Parameters['options'] = []
  for (const [, option, value, required, more, optional, further] of usage.matchAll(PARAMETER)) {
    const rest = (more ?? further) !== undefined && { rest: true as const }
    if (option) options.push({ name: option, ...(value !== undefined && { value }) })
    else if (required) positional.push({ name: required, required: true, ...rest })
    else if (optional) positional.push({ name: optional, required: false, ...rest })
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

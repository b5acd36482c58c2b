import * as verbs from '../../deploy-engine/index.ts'
import { Secret, TbsError } from '../../deploy-engine/index.ts'
import { answer } from '../../manager-bot/answer.ts'
import type { Audit } from '../../manager-bot/audit.ts'
import { typedCommand } from '../../manager-bot/chat/message.ts'
import { newCode } from '../../manager-bot/chat/new-code.ts'
import { openPeople } from '../../manager-bot/chat/people.ts'
import type { Command, CommandContext, Input, Reply } from '../../manager-bot/command.ts'
import { parametersOf } from '../../manager-bot/command.ts'
import { commands } from '../../manager-bot/commands/index.ts'
// Loaded by /explain at its first use: meanwhile the virtual minutes of a command would pass.
import '../../manager-bot/errors/explain.ts'
import { OWNS_ALL } from '../../manager-bot/role.ts'
import { inputOf, splitWords } from '../../manager-bot/words.ts'

/** `refused` is a TbsError; whatever else is thrown goes on to the test. */
export type Said = { command: Command; input: Input; reply: Reply } | { refused: TbsError } | 'not a command'

type Errand = Pick<CommandContext, 'engine'> & { token?: string; during<T>(work: Promise<T>): Promise<T> }

/** As a message in the chat: the text is split by the chat's own rules. */
export const sayInChat = (text: string, errand: Errand): Promise<Said> =>
  refusalOr(async () => {
    const typed = typedCommand(text)
    const command = commands.find(({ name }) => name === typed?.command)
    if (!typed || !command) return 'not a command'
    return carryOut(command, inputOf(command, splitWords(typed.rest), verbs), errand)
  })

/** As arguments in a terminal: each stays one word, whatever is in it. */
export const typeInTerminal = (name: string, words: readonly string[], errand: Errand): Promise<Said> =>
  refusalOr(async () => {
    const command = commands.find((one) => one.name === name)
    if (!command) return 'not a command'
    const { positional } = parametersOf(command)
    const input = Object.fromEntries(
      positional.flatMap(({ name }, place) => (words[place] === undefined ? [] : [[name, words[place]]])),
    )
    return carryOut(command, input, errand)
  })

// That something was refused is written down, too, and would count as a change.
const UNHEARD: Audit = {
  begin: async () => {},
  end: async () => {},
  entries: async () => [],
  export: async function* () {},
}

const carryOut = async (command: Command, input: Input, { engine, token, during }: Errand): Promise<Said> => {
  const context: CommandContext = {
    engine,
    verbs,
    commands,
    door: 'chat',
    requestedBy: 'test',
    access: OWNS_ALL,
    people: openPeople(engine, { by: 'test', newCode, onChange: () => {} }),
    audit: UNHEARD,
    ownChecks: () => [],
    manager: async () => ({ running: true, redis: 'up' }),
    ...(token !== undefined && { token: new Secret(token) }),
    follow: async () => {},
    enqueue: async () => true,
    forget: async () => false,
  }
  return { command, input, reply: await during(answer(command, input, context)) }
}

const refusalOr = async (work: () => Promise<Said>): Promise<Said> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof TbsError) return { refused: error }
    throw error
  }
}

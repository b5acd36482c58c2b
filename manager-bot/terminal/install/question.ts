import { Secret, TbsError } from '../../../deploy-engine/index.ts'

/** What a person is asked. Whoever stops at a question has `Stopped` thrown. */
export type Question = {
  canAsk: boolean
  /** `variable`: where it can be given without being asked. */
  secret(title: string, variable: string): Promise<Secret>
  text(title: string, preset: string): Promise<string>
  yes(title: string): Promise<boolean>
}

export class Stopped extends Error {
  override readonly name = 'Stopped'
}

/** Takes each preset, and fails with `needs_answer` where there is none. */
export const unattended: Question = {
  canAsk: false,
  secret: async (title, variable) => {
    throw new TbsError('needs_answer', `${title} is needed, and nobody can be asked`, { hint: `Set ${variable}` })
  },
  text: async (_title, preset) => preset,
  yes: async () => true,
}

/** Nobody is there, and nobody has said yes. */
export const neverAsked: Question = {
  ...unattended,
  yes: async (title) => {
    throw new TbsError('needs_answer', `Nobody can be asked: ${title}`, { hint: 'Give --yes, or run it on a terminal' })
  },
}

/** On the terminal, by clack. */
export const onTerminal = async (): Promise<Question> => {
  const { confirm, isCancel, password, text } = await import('@clack/prompts')
  const answered = <T>(answer: T): Exclude<T, symbol> => {
    if (isCancel(answer)) throw new Stopped()
    return answer as Exclude<T, symbol>
  }
  return {
    canAsk: true,
    secret: async (message) => {
      const validate = (value: string | undefined) => (value?.trim() ? undefined : 'It is needed')
      return new Secret(answered(await password({ message, validate })).trim())
    },
    text: async (message, preset) => {
      const placeholder = preset === '' ? {} : { placeholder: preset, defaultValue: preset }
      return (answered(await text({ message, ...placeholder })) ?? '').trim()
    },
    yes: async (message) => answered(await confirm({ message, initialValue: true })),
  }
}

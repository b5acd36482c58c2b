/** In their order, with what each is called. */
export const STEPS = {
  connect: 'Connect',
  manager: 'Look for the manager',
  image: 'Build the new manager’s image',
  begin: 'See whether it may be replaced',
  replace: 'Replace it, and see the new one work',
} as const

export type StepName = keyof typeof STEPS

/** Those that ask something. */
export const ASKING: StepName[] = ['connect', 'manager']

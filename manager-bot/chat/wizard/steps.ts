import { code, line } from '../../text/rich-text.ts'
import type { Spot, Standing, StepName } from './answers.ts'
import type { Step } from './step.ts'
import { accessStep, gitTokenStep, keyStep } from './step-access.ts'
import { buildStep, folderStep, problemStep } from './step-build.ts'
import { configStep } from './step-config.ts'
import { dataStep } from './step-data.ts'
import { nameStep } from './step-name.ts'
import { repoStep } from './step-repo.ts'
import { summaryStep } from './step-summary.ts'
import { tokenEnvStep, tokenStep } from './step-token.ts'
import { variableStep, variablesStep } from './step-variables.ts'

/** Asks nothing: it is over once the repository has been looked at. */
const lookStep: Step = {
  ask: ({ answers: { repo = '' } }) => ({
    title: 'Repository',
    text: [line('Looking at ', code(repo), ' …')],
    choices: [],
  }),
}

const doneStep: Step = { ask: () => ({ title: 'Added', text: [], choices: [] }) }

export const STEPS: Record<StepName, Step> = {
  name: nameStep,
  repo: repoStep,
  // Another address may be sent in its place.
  access: { ...accessStep, ...(repoStep.hear && { hear: repoStep.hear }) },
  key: keyStep,
  gittoken: gitTokenStep,
  look: lookStep,
  folder: folderStep,
  problem: problemStep,
  build: buildStep,
  token: tokenStep,
  tokenenv: tokenEnvStep,
  variables: variablesStep,
  variable: variableStep,
  data: dataStep,
  config: configStep,
  summary: summaryStep,
  done: doneStep,
}

export const isSame = (one: Spot, other: Spot): boolean => one.step === other.step && one.index === other.index

export const stepOf = ({ at }: Standing): Step => STEPS[at.step]

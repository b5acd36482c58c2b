import type { Explanations } from './explained.ts'

export const building = {
  cannot_detect: {
    cause: 'Nothing in the repository says for certain how to build or start it, or several things do.',
    fix: 'Say it in a tbs.yaml, add a Dockerfile, or name the directory: “/set <bot> path=bots/one”.',
  },
  bad_tbs_yaml: {
    cause: 'tbs.yaml has a key that there is not, or a value of the wrong kind.',
    fix: 'Correct the line that the message names, push it and deploy again.',
  },
  missing_variables: {
    cause: 'tbs.yaml names variables under run.required that are not set, so nothing was built.',
    fix: 'Set each with /secret or /env, then deploy again.',
  },
  build_failed: {
    cause: 'A command of the build ended with an error. The running version was not touched.',
    fix: 'The last lines say why, as a rule; the log comes with the message. Correct it, push it and deploy again.',
  },
  build_timeout: {
    cause: 'The build took longer than it may. Packages that are compiled from source are the usual reason.',
    fix: 'See in the build log what takes so long, and let the build do less.',
  },
  no_memory: {
    cause: 'The server has too little free memory to build or to start a version beside what runs.',
    fix: 'Stop something, or take a server with more memory; /health shows what takes how much.',
  },
} satisfies Explanations

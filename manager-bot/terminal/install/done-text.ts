import { duration } from '../../text/duration.ts'
import type { Installation } from './install.ts'

export const doneText = ({ where, username, link, recoveryKey }: Installation, ms: number): string =>
  [
    `The manager${username ? ` @${username}` : ''} runs on ${where}, after ${duration(ms)}.`,
    ...(recoveryKey
      ? [
          '',
          'The recovery key. It is shown this once and kept nowhere: write it down, away from the server.',
          `  ${recoveryKey.reveal()}`,
          'Every backup can be opened with it, on any server. To have another one: tbs-manager recovery-key --replace',
        ]
      : []),
    ...(link ? ['', `Now open: ${link}`] : []),
  ].join('\n')

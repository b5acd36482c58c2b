import type { ArchiveContent } from '../../deploy-engine/archive/write-archive.ts'

/** What a backup of a bot is of, when nobody cares. */
export const ABOUT: ArchiveContent['about'] = {
  instance: 'tbs-test',
  bot: { name: 'my-bot', telegramId: 123456, username: 'my_bot' },
  takenAt: 1_700_000_000_000,
  cause: 'asked for',
  release: {
    number: 7,
    sha: 'a'.repeat(40),
    ref: 'main',
    subject: 'Answer',
    plan: {
      kind: 'node',
      evidence: [],
      tokenEnv: 'BOT_TOKEN',
      env: { GREETING: 'hello' },
      volumes: ['/app/data'],
      networks: [],
      ports: [],
      memoryBytes: 512 * 1024 * 1024,
      cpus: 1,
      stopGraceSeconds: 10,
      gate: { readySeconds: 60, stableSeconds: 15 },
    },
  },
  settings: {
    repo: 'https://example.com/my-bot.git',
    branch: null,
    tokenEnv: null,
    path: null,
    ignoreDockerfile: false,
    volumes: [],
    memoryBytes: null,
    cpus: null,
    autoRollback: true,
    env: { LANGUAGE: 'en' },
  },
}

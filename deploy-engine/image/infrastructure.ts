import { wordsOf } from './command-line.ts'
import { readInstructions } from './dockerfile-instructions.ts'
import type { SourceTree } from './source-tree.ts'

/** A database, a proxy and the like, whose image the repository only adapts. */
export const isInfrastructure = (tree: SourceTree, path: string): boolean => {
  const bases = readInstructions(tree.text.get(path) ?? '').instructions.filter(({ name }) => name === 'FROM')
  return INFRASTRUCTURE.test(wordsOf(bases.at(-1)?.rest ?? '').find((word) => !word.startsWith('--')) ?? '')
}

const INFRASTRUCTURE = new RegExp(
  `(^|/)(${[
    'postgres|postgis|timescaledb|mysql|mariadb|mongo|redis|valkey|memcached|clickhouse-server|elasticsearch|rabbitmq',
    'nginx|httpd|caddy|traefik|haproxy|certbot|grafana|prometheus|loki|adminer|minio|telegram-bot-api',
  ].join('|')})(:|@|$)`,
  'i',
)

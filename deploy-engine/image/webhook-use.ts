import type { BotVariable } from './bot-variables.ts'
import { isSource, isTest, type SourceTree } from './source-tree.ts'

/** A program that can be called by Telegram instead of asking it. `only`: it was not seen to ask. */
export type WebhookUse = { only: boolean; evidence: string; variables: string[] }

/** undefined: nothing in the sources sets a webhook. `variables` are those of the bot that are about it. */
export const webhookUse = (
  tree: SourceTree,
  variables: readonly Pick<BotVariable, 'name'>[],
): WebhookUse | undefined => {
  const evidence = firstPlace(tree, WEBHOOK)
  if (evidence === undefined) return undefined
  const read = [...new Set(sourcesOf(tree).flatMap(([, text]) => [...text.matchAll(NAMES)].map(([name]) => name)))]
  const listed = variables.map(({ name }) => name).filter((name) => WHOLE_NAME.test(name))
  return {
    only: firstPlace(tree, POLLING) === undefined,
    evidence,
    variables: [...new Set([...listed, ...read])].slice(0, 10),
  }
}

const WEBHOOK = new RegExp(
  [
    '\\bset_?webhook\\s*\\(|\\bwebhookCallback\\s*\\(|\\bcreateWebhook\\s*\\(|\\bwebhook\\s*:\\s*\\{',
    '\\b(?:start|run)_webhook\\s*\\(|SimpleRequestHandler\\s*\\(|\\bNewWebhook\\w*\\s*\\(|\\bListenForWebhook',
  ].join('|'),
  'i',
)
const POLLING = new RegExp(
  [
    '\\b(?:start|run|infinity)_?polling\\s*\\(|\\bpolling\\s*[(:]',
    '\\.launch\\s*\\(\\s*\\)|\\bbot\\.start\\s*\\(|\\brun\\s*\\(\\s*bot\\b',
    '\\bGetUpdatesChan\\b|\\bLongPoller\\b|\\bgetUpdates\\b|\\bDispatcher::builder',
  ].join('|'),
  'i',
)

/** As they are called in bots that were looked at; a name that only ends in PORT is as likely a database's. */
const NAMES = new RegExp(
  [
    '\\b(?:\\w{0,40}WEBHOOK\\w{0,40}|PUBLIC_URL|BASE_URL|APP_URL|DOMAIN|WEBAPP_(?:HOST|PORT)',
    '(?:SERVER_|APP_|LISTEN_)?PORT|SERVER_HOST)\\b',
  ].join('|'),
  'g',
)

const WHOLE_NAME = new RegExp(`^${NAMES.source}$`)

const firstPlace = (tree: SourceTree, pattern: RegExp): string | undefined => {
  for (const [path, text] of sourcesOf(tree)) {
    const match = pattern.exec(text)
    if (match) return `${path}:${text.slice(0, match.index).split('\n').length} ${match[0].trim()}`
  }
  return undefined
}

const sourcesOf = (tree: SourceTree): [string, string][] =>
  [...tree.text].filter(([path]) => isSource(path) && !isTest(path))

/**
 * docs/troubleshooting.md: first what helps always, then each error below what somebody was doing.
 * @param {readonly { title: string, errors: Readonly<Record<string, { cause: string, fix: string }>> }[]} topics
 */
export const guide = (topics) => `${[FIRST, contents(topics), ...topics.map(chapter)].join('\n')}`

const FIRST = `# Troubleshooting

Made by \`npm run troubleshooting\` from the table of errors that chat and terminal use: change it there.

## First steps

1. Read the message to its end: it says what failed, why, what was kept, and what to do next.
2. \`/doctor\` looks at server and manager, and mends what is safe to mend. In a terminal on the server
   \`tbs-manager doctor\` works also where nothing runs.
3. \`/logs my-bot\` shows what the bot printed last, also a version that is gone; \`/health my-bot\` looks at it from
   all sides, now.
4. \`/audit\` tells who did what and what came of it, with the code of each failure. \`/explain disk full\` tells what a
   code means.
5. If the chat is silent, ask over SSH: \`npx tbs-manager status --host root@203.0.113.7\`. If that does not answer
   either, look on the server: \`docker ps\`, \`docker logs tbs-manager\`.
`

/** @param {readonly { title: string }[]} topics */
const contents = (topics) => `${topics.map(({ title }) => `- [${title}](#${anchor(title)})`).join('\n')}\n`

/** @param {{ title: string, errors: Readonly<Record<string, { cause: string, fix: string }>> }} topic */
const chapter = ({ title, errors }) => {
  const entries = Object.entries(errors).flatMap(([code, one]) => [`### ${code}`, '', entry(one), ''])
  return [`## ${title}`, '', ...entries].join('\n')
}

/** @param {{ cause: string, fix: string }} one */
const entry = ({ cause, fix }) => `${marked(cause)}\n\n→ ${marked(fix)}`

const QUOTED = /“([^”]+)”/g
const VERB = /(?<=^|\s)\/[a-z]+(?![\w/])/g
const PAGE = /\bdocs\/([\w-]+\.md)/g
const VARIABLE = /\b(?:TBS_[A-Z_]+|REDIS_URL)\b/g

/** @param {string} text */
const marked = (text) =>
  text.replace(QUOTED, '`$1`').replace(VERB, '`$&`').replace(VARIABLE, '`$&`').replace(PAGE, '[$1]($1)')

/** As GitHub makes it of a heading. @param {string} title */
const anchor = (title) =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\s-]/gu, '')
    .replace(/\s/g, '-')

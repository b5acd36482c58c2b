/** Paths and texts of a repository. */
export type Files = Record<string, string>

/** A file with a passage replaced, or a file of its own. */
export type Edit = { file: string; from: string; to: string } | { file: string; content: string }

export type Branch = { name: string; message: string; edits: Edit[] }

/** What the demo shows: versions that work, and one for each way in which a release can be bad. */
export const BRANCHES: Branch[] = [
  {
    name: 'v2',
    message: 'Answer as v2',
    edits: [
      { file: 'bot.js', from: "VERSION = '1.0.0'", to: "VERSION = '2.0.0'" },
      { file: 'bot.js', from: '`echo: ', to: '`echo v2: ' },
    ],
  },
  {
    name: 'crashes',
    message: 'Read settings that are not there',
    edits: [
      { file: 'bot.js', from: 'const bot =', to: 'loadSettings()\n\nconst bot =' },
      {
        file: 'bot.js',
        from: 'function fail(',
        to: `function loadSettings() {
  throw new Error('settings.json has no greeting')
}

function fail(`,
      },
    ],
  },
  {
    name: 'crashes-late',
    message: 'Lose the connection to a database after nine seconds',
    edits: [
      {
        file: 'bot.js',
        from: 'await bot.launch(started)',
        to: `await bot.launch(() => {
    started()
    setTimeout(loseDatabase, 9000)
  })`,
      },
      {
        file: 'bot.js',
        from: 'function fail(',
        to: `function loseDatabase() {
  throw new Error('The connection to the database was lost')
}

function fail(`,
      },
    ],
  },
  {
    name: 'deaf',
    message: 'Introduce itself and never ask for updates',
    edits: [
      {
        file: 'bot.js',
        from: 'await bot.launch(started)',
        to: `bot.botInfo = await bot.telegram.getMe()
  started()
  setInterval(() => {}, 60_000)`,
      },
    ],
  },
  {
    name: 'broken-build',
    message: 'Compile with two type errors',
    edits: [
      { file: 'package.json', from: '"start":', to: '"build": "node build.js",\n    "start":' },
      {
        file: 'build.js',
        content: `console.error(\`src/answers.ts:14:9 - error TS2322: Type 'string' is not assignable to type 'number'.

14   const count: number = ctx.message.text
           ~~~~~

src/answers.ts:21:26 - error TS2551: Property 'lenght' does not exist on type 'string'. Did you mean 'length'?

21   if (ctx.message.text.lenght > 100) return
                          ~~~~~~


Found 2 errors in the same file, starting at: src/answers.ts:14
\`)
process.exit(2)
`,
      },
    ],
  },
  {
    name: 'slow-stop',
    message: 'Ignore SIGTERM',
    edits: [
      {
        file: 'bot.js',
        from: "for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)",
        to: "process.once('SIGINT', stop)\nprocess.on('SIGTERM', () => console.log('Too busy to stop'))",
      },
    ],
  },
]

/** The files with an edit made. Throws where the passage is not in the file exactly once. */
export const edited = (files: Files, edit: Edit): Files => {
  if ('content' in edit) return { ...files, [edit.file]: edit.content }
  const parts = (files[edit.file] ?? '').split(edit.from)
  if (parts.length !== 2) throw new Error(`${edit.file} of the template has ${parts.length - 1} times: ${edit.from}`)
  return { ...files, [edit.file]: parts.join(edit.to) }
}

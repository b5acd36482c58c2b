#!/usr/bin/env node
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
// Of a package, or where the first argument says.
const DIST = resolve(process.argv[2] ?? join(ROOT, 'dist'))

const ENTRIES = { cli: 'manager-bot/terminal/cli.ts', demo: 'demo/main.ts' }

// These read other files from beside themselves, by import.meta.url; in the bundle that is beside the bundle.
const READ_FROM_BESIDE = ['telegram-sandbox/page']

// sqlite3 is native. The others are drivers that TypeORM would load by name, and nobody uses.
const NOT_BUNDLED = [
  'sqlite3',
  'better-sqlite3',
  'sql.js',
  'expo-sqlite',
  'react-native-sqlite-storage',
  'pg',
  'pg-native',
  'pg-query-stream',
  'mysql',
  'mysql2',
  'mssql',
  'oracledb',
  'mongodb',
  'redis',
  'hdb-pool',
  '@sap/*',
  '@google-cloud/spanner',
  'typeorm-aurora-data-api-driver',
  // Optional accelerators of ssh2 and BullMQ, which do without them.
  'cpu-features',
  '*.node',
]

// CommonJS packages in an ES module still call require and ask for their directory.
const COMMONJS = [
  "import { createRequire as __createRequire } from 'node:module'",
  "import { dirname as __dirnameOf } from 'node:path'",
  "import { fileURLToPath as __pathOf } from 'node:url'",
  'const require = __createRequire(import.meta.url)',
  'const __filename = __pathOf(import.meta.url)',
  'const __dirname = __dirnameOf(__filename)',
]

await rm(DIST, { recursive: true, force: true })
await mkdir(DIST, { recursive: true })
await build({
  absWorkingDir: ROOT,
  entryPoints: ENTRIES,
  outdir: DIST,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  // What both entries need exists once, and what only one verb needs is loaded by that verb.
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  external: NOT_BUNDLED,
  banner: { js: COMMONJS.join('\n') },
  // A process keeps the text of all that it has loaded in memory.
  minifyWhitespace: true,
  lineLimit: 160,
  legalComments: 'linked',
  logLevel: 'warning',
})
for (const name of (await readdir(DIST)).filter((name) => name.endsWith('.mjs'))) {
  const text = await readFile(join(DIST, name), 'utf8')
  await writeFile(join(DIST, name), escaped(text))
}
for (const folder of READ_FROM_BESIDE) {
  const files = await readdir(join(ROOT, folder))
  for (const file of files.filter((name) => !name.endsWith('.ts'))) await cp(join(ROOT, folder, file), join(DIST, file))
}

/**
 * One other character, which esbuild leaves in regular expressions, has V8 keep a whole file at two bytes for each.
 * @param {string} text
 */
function escaped(text) {
  return text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

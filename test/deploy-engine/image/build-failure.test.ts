import { expect, test } from 'vitest'
import { buildFailure, type StepLine } from '../../../deploy-engine/image/build-failure.ts'

const out = (text: string): StepLine => ({ text, stream: 'stdout' })
const err = (text: string): StepLine => ({ text, stream: 'stderr' })

const ended = (command: string, code: number) => `The command '/bin/sh -c ${command}' returned a non-zero code: ${code}`

const failure = (reason: string, lines: StepLine[] = [], more: { step?: string; text?: string } = {}) =>
  buildFailure({ reason, lines, step: more.step ?? '', dockerfile: { path: 'Dockerfile', text: more.text ?? '' } })

const numbered = (count: number, line: (text: string) => StepLine, name = 'line') =>
  Array.from({ length: count }, (_, index) => line(`${name} ${index}`))

const textOf = (lines: StepLine[]) => lines.map(({ text }) => text)

test('an error that came before thirty lines of output is shown', () => {
  const error = "src/bot.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'."
  for (const line of [err(error), out(error)]) {
    const { excerpt, message } = failure(ended('npm run build', 2), [line, ...numbered(30, out)])
    expect(excerpt).toHaveLength(15)
    expect(excerpt[0]).toBe(error)
    expect(excerpt.at(-1)).toBe('line 29')
    expect(message).toBe(
      "“npm run build” ended with code 2: src/bot.ts:3:7: Type 'string' is not assignable to type 'number'. (TS2322)",
    )
  }
})

test('lines of errors are preferred whatever they say, also when they came first', () => {
  const { excerpt } = failure(ended('x', 1), [err('something unknown'), ...numbered(30, out)])
  expect(excerpt).toEqual(['something unknown', ...textOf(numbered(30, out)).slice(-14)])
})

test('output is shown beside many lines of errors, and each in the order of its arrival', () => {
  const { excerpt } = failure(ended('x', 1), [...numbered(8, out), ...numbered(40, err, 'e')])
  expect(excerpt).toEqual([...textOf(numbered(8, out)).slice(-5), ...textOf(numbered(40, err, 'e')).slice(-10)])
})

test('what is missing on one stream is filled from the other', () => {
  expect(failure(ended('x', 1), numbered(40, err)).excerpt).toHaveLength(15)
  expect(failure(ended('x', 1), numbered(40, out)).excerpt).toHaveLength(15)
  expect(failure(ended('x', 1), [err('e'), out('o')]).excerpt).toEqual(['e', 'o'])
})

// Each text is what the tool really printed, the middle left out.
const E404 = `npm error code E404
npm error 404 Not Found - GET https://registry.npmjs.org/left-padd
npm error 404
npm error 404  The requested resource 'left-padd@1.0.0' could not be found or you do not have permission
npm error A complete log of this run can be found in: /root/.npm/_logs/2026-11-24T00_50_23_762Z-debug-0.log`

const EUSAGE = `npm error code EUSAGE
npm error
npm error \`npm ci\` can only install packages when your package.json and package-lock.json are in sync.
npm error
npm error Missing: left-pad@1.3.0 from lock file
npm error
npm error Clean install a project`

const ERESOLVE = `npm error code ERESOLVE
npm error ERESOLVE unable to resolve dependency tree
npm error
npm error While resolving: a@undefined
npm error Found: react@18.0.0
npm error node_modules/react
npm error   react@"18.0.0" from the root project
npm error
npm error Could not resolve dependency:
npm error peer react@"17.0.0" from react-dom@17.0.0
npm error node_modules/react-dom`

const EBADENGINE = `npm error code EBADENGINE
npm error engine Unsupported engine
npm error engine Not compatible with your version of node/npm: undefined
npm error notsup Required: {"node":"<10"}
npm error notsup Actual:   {"node":"v24.21.0","npm":"11.21.2"}`

const GYP = `npm error code 1
npm error path /app/node_modules/better-sqlite3
npm error command failed
npm error command sh -c prebuild-install || node-gyp rebuild --release
npm error prebuild-install warn install getaddrinfo ENOTFOUND github.com
npm error gyp info using node@24.21.0 | linux | x64
npm error gyp ERR! find Python
npm error gyp ERR! find Python You need to install the latest version of Python.
npm error gyp ERR! $npm_package_name better-sqlite3
npm error gyp ERR! not ok`

const LIFECYCLE = `npm error code 1
npm error path /app/node_modules/@scope/thing
npm error command failed
npm error command sh -c node install.js
npm error node:internal/modules/cjs/loader:1568
npm error Error: Cannot find module 'chalk'`

const MODULE = `node:internal/modules/cjs/loader:1568
  throw err;
  ^
Error: Cannot find module 'telegraf'
Require stack:
- /app/a.js
    at Module._resolveFilename (node:internal/modules/cjs/loader:1564:15)`

const ESM = `Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'telegraf' imported from /app/a.mjs
    at Object.getPackageJSONURL (node:internal/modules/package_json_reader:331:9)`

const SYNTAX = `/app/a.js:1
const x = ;
          ^
SyntaxError: Unexpected token ';'
    at wrapSafe (node:internal/modules/cjs/loader:1861:18)`

const PIP = `ERROR: Could not find a version that satisfies the requirement aiogramm==3.0 (from versions: none)
ERROR: No matching distribution found for aiogramm==3.0`

const PIP_VERSION = `ERROR: Could not find a version that satisfies the requirement aiogram==9 (from versions: 2.0, 3.0)
ERROR: No matching distribution found for aiogram==9`

const TRACEBACK = `Traceback (most recent call last):
  File "/app/setup.py", line 9, in <module>
    main()
  File "/app/a.py", line 2, in main
    import telegram_nope
ModuleNotFoundError: No module named 'telegram_nope'`

const PNPM = ` ERR_PNPM_FETCH_404  GET https://registry.npmjs.org/left-padd: Not Found - 404
This error happened while installing a direct dependency of /app
left-padd is not in the npm registry, or you have no permission to fetch it.`

const OLD_DEBIAN = `E: The repository 'http://deb.debian.org/debian buster Release' does not have a Release file.`

test.each([
  ['npm ci', 1, E404, 'the package left-padd is not in the npm registry (E404)'],
  ['npm ci', 1, E404.replaceAll('npm error', 'npm ERR!'), 'the package left-padd is not in the npm registry (E404)'],
  [
    'npm ci',
    1,
    "npm ERR! 404  '@me/left-padd@^1.0.0' is not in this registry.",
    'the package @me/left-padd is not in the npm registry (E404)',
  ],
  [
    'npm i',
    1,
    'npm error notarget No matching version found for left-pad@99.0.0.',
    'no version of left-pad fits 99.0.0 (ETARGET)',
  ],
  ['npm ci', 1, EUSAGE, 'package-lock.json does not fit package.json: missing: left-pad@1.3.0 from lock file (EUSAGE)'],
  ['npm i', 1, ERESOLVE, 'react-dom@17.0.0 wants react@17.0.0, but react@18.0.0 is asked for (ERESOLVE)'],
  ['npm i', 1, EBADENGINE, 'package.json wants node:<10, and the image has Node v24.21.0 (EBADENGINE)'],
  [
    'npm i',
    1,
    'npm error network request to https://registry.npmjs.org/x failed, reason: getaddrinfo ENOTFOUND x',
    'registry.npmjs.org could not be reached (ENOTFOUND)',
  ],
  ['npm i', 1, GYP, 'better-sqlite3 has to be compiled, and the image has no Python'],
  ['npm i', 1, LIFECYCLE, "the install script of @scope/thing failed: Error: Cannot find module 'chalk'"],
  ['npm run build', 1, 'npm error Missing script: "build"', 'package.json has no script “build”'],
  ['npm i', 254, 'npm error syscall spawn git\nnpm error path git', 'a package comes from a git repository'],
  ['npm i', 1, 'npm error code EWHAT\nnpm error what happened', 'npm says EWHAT: what happened'],
  ['pnpm i', 1, PNPM, 'the package left-padd is not in the npm registry (ERR_PNPM_FETCH_404)'],
  [
    'pnpm i',
    1,
    ' ERR_PNPM_NO_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is absent',
    'because pnpm-lock.yaml is absent (ERR_PNPM_NO_LOCKFILE)',
  ],
  ['yarn', 1, `error Couldn't find package "left-padd" on the "npm" registry.`, 'the package left-padd is not in the'],
  ['yarn', 1, `error Couldn't find any versions for "left-pad" that matches "99.3.0"`, 'left-pad fits 99.3.0'],
  ['node a.js', 1, MODULE, 'the package telegraf is not installed (wanted by /app/a.js)'],
  ['node a.mjs', 1, ESM, 'the package telegraf is not installed (wanted by /app/a.mjs)'],
  ['node a.js', 1, SYNTAX, "/app/a.js:1: SyntaxError: Unexpected token ';'"],
  ['npm run build', 127, '> build\n> tsc -p .\nsh: 1: tsc: not found', 'the program tsc is not in the image'],
  ['foo', 127, '/bin/bash: line 1: foo: command not found', 'the program foo is not in the image'],
  ['pip install', 1, PIP, 'there is no Python package aiogramm for this image'],
  ['pip install', 1, PIP_VERSION, 'no version of aiogram fits aiogram==9; the newest is 3.0'],
  ['pip install', 1, 'error: externally-managed-environment', 'Debian’s own Python takes no packages from pip'],
  ['pip install', 1, 'ERROR: Failed building wheel for lxml', 'the Python package lxml could not be compiled'],
  ['python a.py', 1, TRACEBACK, "/app/a.py:2: ModuleNotFoundError: No module named 'telegram_nope'"],
  [
    'python a.py',
    1,
    '  File "/app/a.py", line 1\n    def f(:\n          ^\nSyntaxError: invalid syntax',
    '/app/a.py:1: Synt',
  ],
  ['apt-get install x', 100, 'E: Unable to locate package libfoo', 'distribution has no package libfoo'],
  ['apt-get update', 100, OLD_DEBIAN, 'Debian’s packages are no longer at http://deb.debian.org/debian buster Release'],
  ['npm ci', 137, 'added 3 packages', 'it was killed, as a rule because it needed more memory'],
  ['npm ci', 134, 'FATAL ERROR: Reached heap limit - JavaScript heap out of memory', 'Node ran out of memory'],
  ['make', 2, 'g++: fatal error: Killed signal terminated program cc1plus', 'needed more memory than a build may use'],
  ['cp a b', 1, "cp: error writing 'b': No space left on device", 'the disk of the server is full'],
])('“%s” that ended with %d says its cause', (command, code, output, cause) => {
  const { message, excerpt } = failure(ended(command, code), output.split('\n').map(err))
  expect(message).toMatch(`“${command}” ended with code ${code}: `)
  expect(message).toContain(cause)
  expect(message).not.toContain('\n')
  expect(excerpt.join('\n')).not.toContain('A complete log of this run')
})

test.each([
  [ended('npm ci', 1)],
  ["The command '/bin/bash -o pipefail -c npm ci' returned a non-zero code: 1"],
  ["The command 'npm ci' returned a non-zero code: 1"],
  ['executor failed running [/bin/sh -c npm ci]: exit code: 1'],
  ['failed to solve: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1'],
])('the command and its code are read out of: %s', (reason) => {
  expect(failure(reason).message).toBe('“npm ci” ended with code 1')
})

const FRONTEND = 'failed to solve with frontend dockerfile.v0: '
const HUB = 'lookup registry-1.docker.io on 10.0.0.1:53: no such host'

test.each([
  [
    'COPY failed: file not found in build context or excluded by .dockerignore: stat nope.txt: file does not exist',
    '',
    'COPY: nope.txt is not in the build context',
  ],
  ['failed to compute cache key: "/nope.txt" not found: not found', '', 'COPY: nope.txt is not in the build context'],
  [
    'failed to solve: failed to compute cache key: failed to calculate checksum of ref a::b: "/x/y": not found',
    '',
    'COPY: x/y is not in',
  ],
  [
    `Get "https://registry-1.docker.io/v2/": dial tcp: ${HUB}`,
    'Step 1/2 : FROM python:9 AS a',
    'The image python:9 can’t be had: registry-1.docker.io is not known',
  ],
  [
    'manifest for node:99 not found: manifest unknown: manifest unknown',
    '',
    'The image node:99 can’t be had: there is no such image or tag',
  ],
  [
    "pull access denied for a/b, repository does not exist or may require 'docker login': denied",
    '',
    'The image a/b can’t be had: there is no such image, or it takes a login',
  ],
  [
    `${FRONTEND}failed to create LLB definition: docker.io/library/node:99: not found`,
    '[internal] load metadata for docker.io/library/node:99',
    'The image node:99 can’t be had: there is no such image or tag',
  ],
  [
    `${FRONTEND}failed to do request: Head "https://x": dial tcp: ${HUB}`,
    'resolve image config for docker.io/docker/dockerfile:1',
    'The Dockerfile’s “# syntax=” line asks for docker/dockerfile:1, which can’t be had',
  ],
  [
    'toomanyrequests: You have reached your pull rate limit.',
    'Step 1/1 : FROM node',
    'The image node can’t be had: its registry allows no more downloads',
  ],
  ['failed to reach build target zzz in Dockerfile', '', 'The Dockerfile has no stage named zzz'],
  ['no build stage in current context', '', 'The Dockerfile does not begin with FROM'],
  ['something new', '', 'something new'],
])('the builder’s “%s” at “%s”', (reason, step, message) => {
  expect(failure(reason, [], { step }).message).toContain(message)
})

test('a parse error names the line of the repository’s file, not of its labelled copy', () => {
  const text = 'FROM a AS b\nFOO bar\nFROM c\nCOPY x\n'
  expect(failure('dockerfile parse error line 3: unknown instruction: FOO', [], { text }).message).toBe(
    'Dockerfile:2: unknown instruction: FOO',
  )
  expect(failure('dockerfile parse error on line 6: COPY requires', [], { text }).message).toMatch(/^Dockerfile:4: /)
})

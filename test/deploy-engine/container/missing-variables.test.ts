import { describe, expect, test } from 'vitest'
import { missingVariables } from '../../../deploy-engine/container/missing-variables.ts'
import { Secret } from '../../../deploy-engine/secret.ts'

const names = (text: string) => missingVariables(text.split('\n'))?.names

describe('what people write', () => {
  test.each([
    'Error: ADMIN_ID is not defined',
    'ADMIN_ID not found',
    'ADMIN_ID not set',
    'Missing ADMIN_ID',
    'missing env var ADMIN_ID',
    'ADMIN_ID is required',
    'AssertionError [ERR_ASSERTION]: ADMIN_ID is required',
    'AssertionError: ADMIN_ID is missing',
    'Error: `ADMIN_ID` is undefined',
    'Error: Missing required environment variable: ADMIN_ID',
    'TypeError: Missing environment variable ADMIN_ID',
    'Error: ADMIN_ID environment variable is not set',
    'ConfigError: ADMIN_ID variable not specified',
    'Please set the ADMIN_ID environment variable',
    'You must provide ADMIN_ID!',
    'You need to set ADMIN_ID',
    'The environment variable ADMIN_ID does not exist',
    'ADMIN_ID wasn’t provided',
    'no ADMIN_ID in env',
    'RuntimeError: No ADMIN_ID provided',
    'ValueError: ADMIN_ID must be set',
    'ADMIN_ID: This is a required field',
    'panic: ADMIN_ID env var is empty',
    "thread 'main' panicked at 'ADMIN_ID must be set: NotPresent'",
    '\u001b[31mADMIN_ID is missing\u001b[39m',
    'Environment variable "ADMIN_ID" not found',
  ])('%s', (line) => {
    expect(names(line)).toEqual(['ADMIN_ID'])
  })
})

describe('what languages and libraries print', () => {
  test.each<[string, string, string[]]>([
    ['Python', "    admin = os.environ['ADMIN_ID']\nKeyError: 'ADMIN_ID'", ['ADMIN_ID']],
    ['Ruby', 'in `fetch\': key not found: "ADMIN_ID" (KeyError)', ['ADMIN_ID']],
    [
      'decouple',
      'decouple.UndefinedValueError: ADMIN_ID not found. Declare it as envvar or define a default value.',
      ['ADMIN_ID'],
    ],
    ['environs', 'environs.exceptions.EnvError: Environment variable "ADMIN_ID" not set', ['ADMIN_ID']],
    ['django-environ', 'ImproperlyConfigured: Set the ADMIN_ID environment variable', ['ADMIN_ID']],
    ['env-var', 'EnvVarError: env-var: "ADMIN_ID" is a required variable, but it was not set', ['ADMIN_ID']],
    [
      'envalid',
      `================================
 Invalid environment variables:
    PORT: Invalid port input: "x"
 Missing environment variables:
    ADMIN_ID: Who may do everything (eg. "1")
    DATABASE_URL: undefined
================================

 Exiting with error code 1`,
      ['ADMIN_ID', 'DATABASE_URL'],
    ],
    [
      'pydantic 2',
      `pydantic_core._pydantic_core.ValidationError: 2 validation errors for Settings
bot.token
  Field required [type=missing, input_value={}, input_type=dict]
    For further information visit https://errors.pydantic.dev/2.5/v/missing
admin_ids
  Field required [type=missing, input_value={}, input_type=dict]`,
      ['TOKEN', 'ADMIN_IDS'],
    ],
    [
      'pydantic 1',
      'ValidationError: 1 validation error for Settings\nADMIN_ID\n  field required (type=value_error.missing)',
      ['ADMIN_ID'],
    ],
    [
      'zod 3',
      `ZodError: [
  {
    "code": "invalid_type",
    "expected": "string",
    "received": "undefined",
    "path": [
      "ADMIN_ID"
    ],
    "message": "Required"
  }
]`,
      ['ADMIN_ID'],
    ],
    [
      'zod 4',
      `ZodError: [
  {
    "expected": "string",
    "code": "invalid_type",
    "path": [
      "ADMIN_ID"
    ],
    "message": "Invalid input: expected string, received undefined"
  }
]`,
      ['ADMIN_ID'],
    ],
    ['zod, pretty', '✖ Invalid input: expected string, received undefined\n  → at ADMIN_ID', ['ADMIN_ID']],
    [
      'zod, flattened',
      "❌ Invalid environment variables: { ADMIN_ID: [ 'Required' ], DATABASE_URL: [ 'Required' ] }",
      ['ADMIN_ID', 'DATABASE_URL'],
    ],
    [
      'dotenv-safe',
      `MissingEnvVarsError: The following variables were defined in .env.example but are not present in the environment:
  ADMIN_ID, DATABASE_URL
Make sure to add them to .env or directly to the environment.`,
      ['ADMIN_ID', 'DATABASE_URL'],
    ],
    ['joi', 'Error: Config validation error: "ADMIN_ID" is required. "API_URL" is required', ['ADMIN_ID', 'API_URL']],
    ['convict', "configuration param 'ADMIN_ID' missing from config, did you override its parent?", ['ADMIN_ID']],
    ['a list', 'Error: Missing environment variables: ADMIN_ID, API_URL and SECRET', ['ADMIN_ID', 'API_URL', 'SECRET']],
    ['a list without spaces', '[ERROR] Missing required env vars: ADMIN_ID,API_URL', ['ADMIN_ID', 'API_URL']],
    ['a list of lines', 'Missing variables:\n - ADMIN_ID\n - API_URL\n\nSTARTED\nDONE', ['ADMIN_ID', 'API_URL']],
  ])('%s', (_library, text, found) => {
    expect(names(text)).toEqual(found)
  })
})

describe('what names no variable', () => {
  test.each([
    'Error: No token provided',
    'Bot token is required',
    "Error: Cannot find module './missing.js'",
    'TelegramError: 404: Not Found',
    'ERROR: table USERS not found',
    'SQLITE_ERROR: no such table: USERS',
    'ReferenceError: ADMIN_ID is not defined',
    "NameError: name 'ADMIN_ID' is not defined",
    "KeyError: 'id'",
    "Error: ENOENT: no such file or directory, open 'config.json'",
    'npm ERR! Missing script: "start"',
    'Error: connect ECONNREFUSED 127.0.0.1:5432',
    'WARNING: DEBUG is set to true',
    'HTTP is not defined',
    'ADMIN_ID is not a number',
    'Set BOT to polling mode',
    'INFO Bot started',
    'Environment variables:\n  NODE_ENV\n  PORT',
  ])('%s', (text) => {
    expect(names(text)).toBeUndefined()
  })
})

test('the line is the first that says so', () => {
  const lines = ['> node bot.js', '', '  Error: ADMIN_ID is not defined  ', '    at bot.js:3', 'API_URL is not defined']
  expect(missingVariables(lines)).toEqual({ names: ['ADMIN_ID', 'API_URL'], line: 'Error: ADMIN_ID is not defined' })
})

test('what is set is not missing, unless it is empty', () => {
  const lines = ['ADMIN_ID is required', 'API_URL is required', 'LEVEL is required']
  const set = { ADMIN_ID: new Secret('1'), API_URL: new Secret(''), LEVEL: 'info' }
  expect(missingVariables(lines, set)).toEqual({ names: ['API_URL'], line: 'API_URL is required' })
  expect(missingVariables(['LEVEL is required'], set)).toBeUndefined()
})

test('hostile lines take no time', () => {
  const lines = ['missing: ', 'A_', '"A"', 'A, ', 'missing variables ', '((((', 'not found ', 'ADMIN_ID: '].map(
    (part) => part.repeat(50_000 / part.length),
  )
  const before = performance.now()
  missingVariables(lines)
  expect(performance.now() - before).toBeLessThan(2_000)
})

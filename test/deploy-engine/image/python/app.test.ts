import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TbsError } from '../../../../deploy-engine/error.ts'
import { readInstructions } from '../../../../deploy-engine/image/dockerfile-instructions.ts'
import { planBuild } from '../../../../deploy-engine/image/plan.ts'
import { NO_CHOICES, thrownBy, treeOf } from '../trees.ts'

// Properties of hundreds of repositories, on a machine that may be busy.

type Files = Record<string, string>

const plan = (files: Files, choices: Partial<typeof NO_CHOICES> = {}) =>
  planBuild(treeOf(files), { ...NO_CHOICES, ...choices })

const POLLS = "bot.infinity_polling()\nos.getenv('BOT_TOKEN')\n"
const BOT = { 'requirements.txt': 'pyTelegramBotAPI==4.14.0\n', 'bot.py': POLLS }

const POETRY = `[tool.poetry.dependencies]
python = "^3.11"
aiogram = "^3.1.2"
x = {version = "~1.4", extras = ["y"]}
opt = {version = "1", optional = true}
y = "*"
z = "1.2"
g = {git = "https://h/g.git", rev = "v1"}
[tool.poetry.group.dev.dependencies]
black = "*"
`

const partsOf = (files: Files, choices: Partial<typeof NO_CHOICES> = {}) => {
  const { dockerfile, release } = plan(files, choices)
  return {
    version: /^FROM python:(\S+)-slim-bookworm/.exec(dockerfile)?.[1],
    command: JSON.parse(/^CMD (.*)$/m.exec(dockerfile)?.[1] ?? '[]'),
    install: /^RUN (.*pip install.*)$/m
      .exec(dockerfile)?.[1]
      ?.replaceAll('--no-cache-dir --disable-pip-version-check ', ''),
    evidence: release.evidence,
    dockerfile,
  }
}

test('a Python repository gets a Dockerfile whose packages are a layer of their own', () => {
  const { dockerfile, release, ignore } = plan(BOT)
  expect(dockerfile).toBe(
    `FROM python:3.13-slim-bookworm
ENV PATH=/home/bot/packages/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN getent passwd 1000 >/dev/null || useradd --uid 1000 --user-group --create-home bot
WORKDIR /app
RUN mkdir -p /app /app/data /home /home/bot && chown 1000:1000 /app /app/data /home/bot
USER 1000:1000
RUN python3 -m venv --system-site-packages --without-pip /home/bot/packages
COPY --chown=1000:1000 ["requirements.txt","./"]
RUN python3 -m pip install --no-cache-dir --disable-pip-version-check -r requirements.txt
CMD ["python3","bot.py"]
COPY --chown=1000:1000 . ./
`.replace('/app/data /home /home/bot &&', '/app/data /home/bot &&'),
  )
  expect(release).toMatchObject({ kind: 'python', tokenEnv: 'BOT_TOKEN', volumes: ['/app/data'] })
  expect(release.evidence).toEqual([
    'Python 3.13: no version is named, the newest',
    'requirements.txt: pip install',
    'start: python3 bot.py (bot.py:1)',
    'volume: /app/data, what the bot writes to data/ is kept',
    'token variable: BOT_TOKEN (bot.py:2)',
  ])
  expect(ignore).toContain('**/.env')
})

describe('packages', () => {
  test.each<[string, Files, string | undefined]>([
    [
      'requirements in a directory',
      { 'requirements/prod.txt': 'a', 'requirements/dev.txt': '-r prod.txt' },
      'python3 -m pip install -r requirements/prod.txt',
    ],
    ['a misspelt name', { 'requirments.txt': 'a' }, 'python3 -m pip install -r requirments.txt'],
    [
      'not those for tests',
      { 'requirements-dev.txt': 'a', 'requirements-prod.txt': 'b' },
      'python3 -m pip install -r requirements-prod.txt',
    ],
    [
      'PEP 621',
      {
        'pyproject.toml':
          '[project]\nname="b"\ndependencies = [\n "aiogram>=3 ; python_version > \'3\'", # x ]\n "a[b]",\n]\n',
      },
      "python3 -m pip install 'aiogram>=3 ; python_version > '\\''3'\\''' 'a[b]'",
    ],
    [
      'Poetry',
      {
        'pyproject.toml': POETRY,
      },
      "python3 -m pip install 'aiogram>=3.1.2,<4' 'x[y]>=1.4,<1.5' y z==1.2 'g @ git+https://h/g.git@v1'",
    ],
    [
      'Pipfile',
      { Pipfile: '[packages]\naiogram = "==2.25"\n"a-b" = "*"\n[dev-packages]\nblack = "*"' },
      'python3 -m pip install aiogram==2.25 a-b',
    ],
    [
      'Pipfile.lock',
      { Pipfile: '[packages]\na = "*"', 'Pipfile.lock': '{"default":{"a":{"version":"==1.2"}}}' },
      'python3 -m pip install a==1.2',
    ],
    ['setup.py', { 'setup.py': 'setup(install_requires=["a"])' }, 'python3 -m pip install .'],
    [
      'what it imports',
      { 'main.py': 'import os, telebot\nfrom aiohttp.web import x\nimport bot_helper' },
      "{ python3 -c 'import telebot' 2>/dev/null || python3 -m pip install pyTelegramBotAPI; } && " +
        "{ python3 -c 'import aiohttp' 2>/dev/null || python3 -m pip install aiohttp; }",
    ],
    [
      'an older generation',
      { 'main.py': 'from telegram.ext import Updater, Filters' },
      "{ python3 -c 'import telegram' 2>/dev/null || python3 -m pip install 'python-telegram-bot<20'; }",
    ],
    ['its own module is no package', { 'main.py': 'import redis', 'redis.py': '' }, undefined],
    ['nothing but Python itself', { 'main.py': 'import os, json\nfrom urllib import request' }, undefined],
  ])('%s', (_what, files, command) => {
    expect(partsOf({ 'bot.py': POLLS, ...files }).install).toBe(command)
  })

  test('a lockfile pins what pyproject.toml lists', () => {
    const files = {
      'pyproject.toml': '[project]\ndependencies = ["a"]',
      'uv.lock': '[[package]]\nname = "a"\nversion = "1"',
      'bot.py': POLLS,
    }
    const { dockerfile, evidence } = partsOf(files)
    expect(dockerfile).toContain('COPY --chown=1000:1000 ["uv.lock","./"]')
    expect(dockerfile).toMatch(/awk .* uv\.lock .* -c \/tmp\/constraints\.txt a \|\| python3 -m pip install .* a; }/)
    expect(evidence[1]).toBe('pyproject.toml (pyproject.toml:2): pip install, in the versions of uv.lock if they fit')
  })

  test('what no Linux has is left out, and said', () => {
    const { install, evidence } = partsOf({
      ...BOT,
      'requirements.txt': 'a==1\npywin32==306\nsqlite3\npkg-resources==0.0.0\n',
    })
    expect(install).toMatch(/^sed -i -E '.*' requirements\.txt && python3 -m pip install -r requirements\.txt$/)
    expect(evidence).toContain('left out, no such package for Linux: pywin32==306, sqlite3, pkg-resources==0.0.0')
  })

  test('a package of the repository itself needs all files', () => {
    const { dockerfile, evidence } = partsOf({ ...BOT, 'requirements.txt': 'a\n-e .\n' })
    expect(dockerfile).toMatch(/COPY --chown=1000:1000 \. \.\/\nRUN .*pip install/)
    expect(evidence).toContain('packages are installed after all files: -e . (requirements.txt:2)')
  })

  test('a file that PowerShell wrote is read, too', () => {
    const text = `\uFEFF${[...'aiogram==2.25\n'].map((letter) => `${letter}\0`).join('')}`
    expect(partsOf({ ...BOT, 'requirements.txt': text }).version).toBe('3.11')
  })

  test('a compiler stays behind in a stage of its own', () => {
    const { dockerfile, evidence } = partsOf({ ...BOT, 'requirements.txt': 'psycopg2==2.9.10\n' })
    const [first = '', last = ''] = dockerfile.split(/\n(?=FROM )/)
    expect(first).toContain('install -y --no-install-recommends build-essential python3-dev libpq-dev libpq5 &&')
    expect(last).toMatch(/install -y --no-install-recommends libpq5 &&[\s\S]*--from=packages/)
    expect(evidence).toContain('compiler while packages are installed: psycopg2 (requirements.txt:1)')
  })
})

describe('the version', () => {
  test.each<[string, Files, string, string]>([
    ['.python-version', { '.python-version': '3.12.1\n' }, '3.12', '3.12.1 (.python-version:1)'],
    ['runtime.txt', { 'runtime.txt': 'python-3.11.4' }, '3.11', 'python-3.11.4 (runtime.txt:1)'],
    ['an old one', { '.python-version': '3.8' }, '3.11', 'the nearest available'],
    ['requires-python', { 'pyproject.toml': '[project]\nrequires-python = ">=3.9,<3.13"' }, '3.12', 'pyproject.toml:2'],
    [
      'Poetry',
      { 'pyproject.toml': '[tool.poetry.dependencies]\npython = "~3.11"' },
      '3.11',
      'python ~3.11 (pyproject.toml:2)',
    ],
    ['an open range', { 'pyproject.toml': '[project]\nrequires-python = ">=3.9"' }, '3.13', 'the newest'],
    ['Pipfile', { Pipfile: '[requires]\npython_version = "3.12"' }, '3.12', 'Pipfile:2'],
    [
      'an old aiogram',
      { 'requirements.txt': 'aiogram==2.25.1' },
      '3.11',
      'the newest that aiogram==2.25.1 has packages for (requirements.txt:1)',
    ],
    ['an old python-telegram-bot', { 'requirements.txt': 'python_telegram_bot<20' }, '3.11', 'python-telegram-bot<20'],
    [
      'an old wheel',
      { 'requirements.txt': 'a\npydantic==2.5.0' },
      '3.12',
      'pydantic==2.5.0 has packages for (requirements.txt:2)',
    ],
    ['a lower bound', { 'requirements.txt': 'aiogram>=2' }, '3.13', 'the newest'],
  ])('%s', (_what, files, version, evidence) => {
    const parts = partsOf({ 'bot.py': POLLS, ...files })
    expect(parts.version).toBe(version)
    expect(parts.evidence[0]).toContain(evidence)
  })

  test('a Dockerfile that is ignored', () => {
    const files = { ...BOT, Dockerfile: 'FROM python:3.12-alpine\nCMD x' }
    expect(partsOf(files, { ignoreDockerfile: true }).evidence).toContain('Python 3.12: python:3.12 (Dockerfile:1)')
  })
})

describe('the start', () => {
  test.each<[string, Files, string[], string]>([
    [
      'Procfile',
      { Procfile: 'web: python3 web.py\nworker: python -m tg', 'tg/__main__.py': '', 'web.py': '' },
      ['python', '-m', 'tg'],
      'Procfile:2',
    ],
    [
      'compose',
      {
        'docker-compose.yml': 'services:\n  bot:\n    image: python\n    command: poetry run python -m tg',
        'tg/__main__.py': '',
      },
      ['python', '-m', 'tg'],
      'docker-compose.yml:4',
    ],
    [
      'README',
      { 'README.md': 'Run `python3 src/go.py` now', 'src/go.py': '' },
      ['python3', 'src/go.py'],
      'README.md:1',
    ],
    [
      'after a migration',
      { Procfile: 'worker: alembic upgrade head && python bot.py' },
      ['/bin/sh', '-c', 'alembic upgrade head && python bot.py'],
      'Procfile:1',
    ],
    [
      'a script of the project',
      { 'pyproject.toml': '[project.scripts]\ngo = "tg.cli:main"', 'tg/cli.py': '' },
      ['python3', '-c', 'import sys; from tg.cli import main; sys.exit(main())'],
      'pyproject.toml:2',
    ],
    ['what polls before what is named', { 'main.py': 'x', 'bot.py': POLLS }, ['python3', 'bot.py'], 'bot.py:1'],
    ['main.py before bot.py', { 'main.py': POLLS }, ['python3', 'main.py'], 'main.py:1'],
    [
      'only the package',
      { 'tg/__main__.py': 'x', 'tg/__init__.py': '', 'bot.py': '' },
      ['python3', '-m', 'tg'],
      'tg/__main__.py, a usual name',
    ],
    ['the only file that polls', { 'bot.py': '', 'echo.py': POLLS, 'x.py': '' }, ['python3', 'bot.py'], 'usual name'],
    [
      'relative imports',
      { 'bot.py': '', 'bot/main.py': `from . import x\n${POLLS}` },
      ['python3', '-m', 'bot.main'],
      'bot/main.py:2',
    ],
    [
      'imports by its own name',
      { 'bot.py': '', 'src/main.py': `from src.x import y\n${POLLS}` },
      ['python3', '-m', 'src.main'],
      'src/main.py:2',
    ],
  ])('%s', (_what, files, command, evidence) => {
    const { 'bot.py': _, ...rest } = BOT
    const parts = partsOf({ ...(files['bot.py'] === undefined ? BOT : rest), ...files })
    expect(parts.command).toEqual(command)
    expect(parts.evidence.find((line) => line.startsWith('start'))).toContain(evidence)
  })

  test('a README does not start what sets things up, or what is not there', () => {
    const files = { ...BOT, 'README.md': '```\npython setup.py install\npython3 gone.py\n```', 'setup.py': '' }
    expect(partsOf(files).command).toEqual(['python3', 'bot.py'])
  })

  test('main.py to main4.py: a person has to say which', () => {
    const files = { 'requirements.txt': '', 'main.py': POLLS, 'main2.py': POLLS, 'main4.py': POLLS }
    expect(thrownBy(() => plan(files))).toMatchObject({
      code: 'cannot_detect',
      message: 'Several files could be the bot: main.py, main2.py, main4.py',
      hint: 'Say which one in a tbs.yaml: run: { command: python3 main.py }',
    })
    expect(partsOf({ ...files, 'tbs.yaml': 'run: { command: python3 main2.py }' }).command).toEqual([
      'python3',
      'main2.py',
    ])
  })

  test('a src layout is importable', () => {
    const { dockerfile, command } = partsOf({
      'requirements.txt': '',
      'src/tg/__init__.py': '',
      'src/tg/__main__.py': POLLS,
    })
    expect(command).toEqual(['python3', '-m', 'tg'])
    expect(dockerfile).toContain(' PYTHONPATH=/app:/app/src\n')
  })
})

test('a package.json for a web page does not make a Node bot of it', () => {
  const files = { ...BOT, 'package.json': '{"scripts":{"start":"vite"}}' }
  expect(plan(files).release.kind).toBe('python')
  const node = { ...files, 'package.json': '{"scripts":{"start":"node a.js"},"dependencies":{"telegraf":"4"}}' }
  expect(plan(node).release.kind).toBe('node')
})

describe('whatever is in a repository', () => {
  const word = fc.oneof(
    fc.constantFrom(
      "'",
      '"',
      '$(id)',
      '`id`',
      ';',
      '&&',
      '\n',
      '\r',
      '\\',
      '\0',
      '[',
      ']',
      '=',
      '#',
      'FROM',
      'a',
      '>=1',
      '-r',
      '@ git+x',
    ),
    fc.string(),
  )
  const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(''))
  const project = fc
    .tuple(text, text, text)
    .map(
      ([name, value, more]) =>
        `[project]\nrequires-python="${value}"\ndependencies = ["${name}", "${value}"${more}]\n` +
        `[project.scripts]\n${name} = "a:${more}"\n[tool.poetry.dependencies]\n${name} = "${value}"\n`,
    )
  const files = fc.record(
    {
      'requirements.txt': text,
      'pyproject.toml': fc.oneof(text, project),
      Pipfile: text.map((one) => `[packages]\n${one} = "${one}"`),
      'Pipfile.lock': fc.oneof(
        text,
        fc.dictionary(text, fc.record({ version: text })).map((lock) => JSON.stringify({ default: lock })),
      ),
      Procfile: text.map((one) => `worker: python bot.py ${one}`),
      'README.md': text,
      'docker-compose.yml': text.map((one) => `services:\n  bot:\n    command: python bot.py ${one}`),
      '.python-version': text,
      'main.py': text,
    },
    { requiredKeys: [] },
  )

  test('the Dockerfile has only the instructions that were meant, and CMD is JSON', () => {
    fc.assert(
      fc.property(files, text, (some, name) => {
        const dockerfile = attempt({ ...some, 'bot.py': POLLS, [`requirements/${name}.txt`]: 'a' })
        if (dockerfile === undefined) return
        const { instructions } = readInstructions(dockerfile)
        expect(instructions.map((each) => each.name).join(' ')).toMatch(
          new RegExp(
            '^FROM( RUN)? ENV RUN WORKDIR RUN USER RUN( COPY)*( RUN)?' +
              '( FROM( RUN)? ENV RUN WORKDIR RUN USER RUN COPY)? CMD( COPY)?$',
          ),
        )
        const cmd: unknown = JSON.parse(instructions.find((each) => each.name === 'CMD')?.rest ?? '')
        expect(Array.isArray(cmd)).toBe(true)
        // Every quote that a shell sees is closed on its own line, whatever the names were.
        const install = instructions.find(({ rest }) => rest.includes('pip install'))?.rest ?? ''
        expect(install.replace(/'[^']*'|\\'/g, '')).not.toMatch(/['`\n]|\$\(/)
      }),
      { numRuns: 300 },
    )
  })

  const attempt = (tree: Files): string | undefined => {
    try {
      return plan(tree).dockerfile
    } catch (error) {
      if (!(error instanceof TbsError)) throw error
      expect(error.code).toMatch(/^(cannot_detect|bad_tbs_yaml)$/)
      return undefined
    }
  }
})

test.each<[string, Files]>([
  ['a list that is never closed', { 'pyproject.toml': `[project]\ndependencies = [\n${'"a",\n'.repeat(200_000)}` }],
  ['a list of one line', { 'pyproject.toml': `[project]\ndependencies = ["${'a",'.repeat(300_000)}` }],
  ['brackets', { 'pyproject.toml': '['.repeat(1_000_000) }],
  ['quotes', { 'pyproject.toml': `a = ${'"\\'.repeat(500_000)}` }],
  ['many requirements', { 'requirements.txt': 'pywin32==1\n'.repeat(90_000) }],
  ['one long requirement', { 'requirements.txt': 'a'.repeat(1_000_000) }],
  ['a long README', { 'README.md': 'python '.repeat(140_000) }],
  ['a README of dashes', { 'README.md': `python ${'-m '.repeat(300_000)}` }],
  ['imports', { 'x.py': 'import a, '.repeat(100_000) }],
  ['a Procfile', { Procfile: `worker: ${'python && '.repeat(100_000)}` }],
  ['a compose file', { 'compose.yml': `services:\n  a: { command: "${'$$'.repeat(14_000)}" }` }],
])(
  '%s of 1 MB takes no time',
  (_what, files) => {
    const started = performance.now()
    try {
      plan({ ...BOT, ...files })
    } catch (error) {
      expect(error).toBeInstanceOf(TbsError)
    }
    expect(performance.now() - started).toBeLessThan(3000)
  },
  30_000,
)

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { labelDockerfile } from '../../../deploy-engine/image/label-dockerfile.ts'

const LABEL = 'LABEL "tbs.instance"="t" "tbs.bot"="echo"'
const label = (dockerfile: string) => labelDockerfile(dockerfile, { 'tbs.instance': 't', 'tbs.bot': 'echo' })

describe('a LABEL stands after each FROM', () => {
  test.each([
    ['one stage', 'FROM node:24\nCMD ["node"]\n', 'FROM node:24\n@\nCMD ["node"]\n'],
    ['no line end', 'FROM node:24', 'FROM node:24\n@'],
    ['lower case', 'from node:24 as build\nrun ls', 'from node:24 as build\n@\nrun ls'],
    ['indented', '  FROM node:24\nRUN ls', '  FROM node:24\n@\nRUN ls'],
    ['several stages', 'FROM a AS b\nRUN x\nFROM b\nRUN y', 'FROM a AS b\n@\nRUN x\nFROM b\n@\nRUN y'],
    ['ARG before FROM', 'ARG V=24\nFROM node:$V\nCMD x', 'ARG V=24\nFROM node:$V\n@\nCMD x'],
    ['a flag', 'FROM --platform=$BUILDPLATFORM node:24 AS b', 'FROM --platform=$BUILDPLATFORM node:24 AS b\n@'],
    ['a comment', '# FROM x\nFROM a # not a comment', '# FROM x\nFROM a # not a comment\n@'],
    ['continued', 'FROM \\\n  node:24 \\\n  AS b\nRUN ls', 'FROM \\\n  node:24 \\\n  AS b\n@\nRUN ls'],
    ['a comment in between', 'FROM \\\n# x\n\n  a\nRUN ls', 'FROM \\\n# x\n\n  a\n@\nRUN ls'],
    ['in a continued line', 'FROM a\nRUN echo \\\nFROM b\nRUN c', 'FROM a\n@\nRUN echo \\\nFROM b\nRUN c'],
    ['spaces after the escape', 'FROM a\nRUN echo \\  \nFROM b', 'FROM a\n@\nRUN echo \\  \nFROM b'],
    ['an escaped escape', 'FROM a\nRUN echo \\\\\nFROM b', 'FROM a\n@\nRUN echo \\\\\nFROM b\n@'],
    ['CRLF', 'FROM a\r\nRUN b\r\n', 'FROM a\r\n@\r\nRUN b\r\n'],
    ['a byte order mark', '\uFEFFFROM a\nRUN b', '\uFEFFFROM a\n@\nRUN b'],
    ['a heredoc', 'FROM a\nRUN <<EOF\nFROM b\nEOF\nFROM c', 'FROM a\n@\nRUN <<EOF\nFROM b\nEOF\nFROM c\n@'],
    ['quoted', 'FROM a\nCOPY <<"X Y" /f\nFROM b\nX Y\nRUN c', 'FROM a\n@\nCOPY <<"X Y" /f\nFROM b\nX Y\nRUN c'],
    ['tabs', 'FROM a\nRUN <<-E\nFROM b\n\tE\nFROM c', 'FROM a\n@\nRUN <<-E\nFROM b\n\tE\nFROM c\n@'],
    ['two', 'FROM a\nCOPY <<A <<B /\nB\nA\nA\nB\nFROM c', 'FROM a\n@\nCOPY <<A <<B /\nB\nA\nA\nB\nFROM c\n@'],
    ['ONBUILD', 'FROM a\nONBUILD RUN <<E\nFROM b\nE', 'FROM a\n@\nONBUILD RUN <<E\nFROM b\nE'],
    ['a shift', 'FROM a\nRUN echo $((1<<2))\nFROM b', 'FROM a\n@\nRUN echo $((1<<2))\nFROM b\n@'],
    ['quotes around <<', 'FROM a\nRUN echo "<<E"\nFROM b', 'FROM a\n@\nRUN echo "<<E"\nFROM b\n@'],
    ['an unterminated one', 'FROM a\nRUN cat <<E\nFROM b', 'FROM a\n@\nRUN cat <<E\nFROM b\n@'],
    ['another escape', '# escape=`\nFROM `\n a\nRUN x', '# escape=`\nFROM `\n a\n@\nRUN x'],
    [
      'syntax first',
      '# syntax=docker/dockerfile:1\n#Escape = `\nFROM `\na',
      '# syntax=docker/dockerfile:1\n#Escape = `\nFROM `\na\n@',
    ],
    ['too late a directive', '# hi\n# escape=`\nFROM a `\nRUN x', '# hi\n# escape=`\nFROM a `\n@\nRUN x'],
    ['FROM at the start of a word', 'FROM a\nFROMAGE b', 'FROM a\n@\nFROMAGE b'],
    ['nothing', '', ''],
  ])('%s', (_what, dockerfile, expected) => {
    expect(label(dockerfile)).toBe(expected.replaceAll('@', LABEL))
  })
})

test('values are quoted with the escape character of the file', () => {
  const labels = { a: 'x"y\\z$HOME`w' }
  expect(labelDockerfile('FROM a', labels)).toBe('FROM a\nLABEL "a"="x\\"y\\\\z\\$HOME`w"')
  expect(labelDockerfile('#escape=`\nFROM a', labels)).toBe('#escape=`\nFROM a\nLABEL "a"="x`"y\\z`$HOME``w"')
})

test('a value that would end the line is refused', () => {
  expect(() => labelDockerfile('FROM a', { a: 'x\nRUN rm -rf /' })).toThrow(/control character/)
})

test('nothing but our lines is added, one for each FROM', () => {
  const stage = fc.record({
    from: fc.constantFrom('FROM', 'from', 'From', '  FROM', 'FROM \\\n ', 'FROM \\\n# note\n\n '),
    image: fc.stringMatching(/^[a-z][a-z0-9.:/-]{0,20}[a-z]$/),
    name: fc.constantFrom('', ' AS build', ' as b'),
    body: fc.array(
      fc.constantFrom(
        '',
        '# FROM x',
        'RUN a \\\n  FROM b',
        'RUN <<X\nFROM c\nX',
        'COPY a b',
        'CMD ["FROM"]',
        'ENV FROM=1',
      ),
    ),
  })
  const file = fc.record({ stages: fc.array(stage), end: fc.constantFrom('\n', '\r\n') })
  fc.assert(
    fc.property(file, ({ stages, end }) => {
      const text = stages
        .flatMap(({ from, image, name, body }) => [`${from} ${image}${name}`, ...body])
        .join('\n')
        .replaceAll('\n', end)
      const labelled = label(text)
      expect(labelled.split(LABEL).length - 1).toBe(stages.length)
      expect(labelled.replaceAll(`\n${LABEL}${end === '\n' ? '' : '\r'}`, '').replaceAll(`\n${LABEL}`, '')).toBe(text)
    }),
    { numRuns: 500 },
  )
})

test('any text survives: without our lines it is as before', () => {
  const words = fc.constantFrom(
    'FROM',
    'a',
    'RUN',
    '<<E',
    'E',
    '\\',
    '`',
    '#',
    'escape=`',
    ' ',
    '\n',
    '\n',
    '\t',
    '"',
    "'",
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(words).map((parts) => parts.join('')),
      ),
      (text) => {
        expect(label(text).replaceAll(`\n${LABEL}`, '')).toBe(text)
      },
    ),
    { numRuns: 2000 },
  )
})

test('many stages take no time', () => {
  const started = performance.now()
  expect(label('FROM a\n'.repeat(100_000)).length).toBeGreaterThan(100_000)
  expect(performance.now() - started).toBeLessThan(3000)
})

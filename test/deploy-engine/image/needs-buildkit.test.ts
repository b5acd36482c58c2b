import { describe, expect, test } from 'vitest'
import { readInstructions } from '../../../deploy-engine/image/dockerfile-instructions.ts'
import { needOfBuildkit } from '../../../deploy-engine/image/needs-buildkit.ts'

const needOf = (text: string, args: Record<string, string> = {}) =>
  needOfBuildkit({ path: 'Dockerfile', text, args }, readInstructions(text).instructions)

describe('the classic builder can not build', () => {
  test.each([
    ['RUN --mount=type=cache,target=/x ls', 'RUN --mount'],
    ['RUN \\\n  --mount=type=cache,target=/x \\\n  ls', 'RUN --mount'],
    ['run --network=none ls', 'RUN --network'],
    ['RUN --security=insecure ls', 'RUN --security'],
    ['RUN <<EOF\nls\nEOF', 'RUN with a here-document'],
    ['RUN cat <<-"EOF" > x\nls\n\tEOF', 'RUN with a here-document'],
    ['COPY <<EOF /f\nx\nEOF', 'COPY with a here-document'],
    ['COPY --chmod=755 a b', 'COPY --chmod'],
    ['COPY --from=x --link a b', 'COPY --link'],
    ['COPY --parents a b', 'COPY --parents'],
    ['COPY --exclude=x a b', 'COPY --exclude'],
    ['ADD --checksum=sha256:0 https://a/b c', 'ADD --checksum'],
    ['ADD https://github.com/a/b.git#main /c', 'ADD of a git repository'],
    ['ADD git@github.com:a/b.git /c', 'ADD of a git repository'],
    ['ARG TARGETARCH', 'TARGETARCH, which only BuildKit sets'],
    ['ONBUILD RUN --mount=type=cache,target=/x ls', 'RUN --mount'],
  ])('%s', (line, reason) => {
    expect(needOf(`FROM a\n${line}`)).toBe(`${reason} (Dockerfile:2)`)
  })

  test('FROM for the platform of the builder', () => {
    expect(needOf('FROM --platform=$BUILDPLATFORM a')).toBe('BUILDPLATFORM, which only BuildKit sets (Dockerfile:1)')
    expect(needOf('# syntax=me/mine:1\nFROM a')).toBe('# syntax=me/mine:1 (Dockerfile:1)')
  })
})

describe('the classic builder can build', () => {
  test.each([
    '# syntax=docker/dockerfile:1\nFROM a\nRUN b',
    '# syntax = docker.io/docker/dockerfile:1.4-labs\nFROM a',
    'FROM --platform=linux/amd64 a AS b\nFROM a\nCOPY --from=b --chown=1:1 /x /y',
    'FROM a\nRUN npm ci --mount=x && echo "<<EOF"',
    'FROM a\nRUN echo $((1<<2))',
    'FROM a\nADD --chown=1:1 https://a/b.tar.gz /c',
    'FROM a\nARG TARGETARCH=amd64',
    'FROM a\nARG VERSION',
    'ARG BUILDPLATFORM=linux/amd64\nFROM --platform=$BUILDPLATFORM a',
    'FROM a\nHEALTHCHECK --interval=5s CMD x',
    'FROM a\n# RUN --mount=type=cache,target=/x ls',
  ])('%s', (text) => {
    expect(needOf(text)).toBeUndefined()
  })

  test('what gets its value from tbs.yaml', () => {
    expect(needOf('FROM a\nARG TARGETARCH', { TARGETARCH: 'amd64' })).toBeUndefined()
  })
})

import { describe, expect, test } from 'vitest'
import { valuesToHide } from '../../../deploy-engine/container/values-to-hide.ts'

describe('values that look like secrets', () => {
  test.each([
    ["  apiKey: 'hunter2hunter2',", 'hunter2hunter2'],
    ['"password": "correct horse battery",', 'correct horse battery'],
    ['token = "abcdefgh"', 'abcdefgh'],
    ['secret = abcdefgh12 ', 'abcdefgh12'],
    ['db: postgres://bot:pw@db/x', 'postgres://bot:pw@db/x'],
    ["x: 'a1b2c3d4e5f6g7h8i9'", 'a1b2c3d4e5f6g7h8i9'],
    ['auth_token: abcdefghij', 'abcdefghij'],
  ])('%s', (line, value) => {
    expect(valuesToHide(`first\n${line}\r\nlast`)).toEqual([value])
  })
})

describe('lines of any program, which must stay readable in a log', () => {
  test.each([
    'module.exports = {',
    'import { Telegraf } from "telegraf"',
    'language: english',
    '  debug: true,',
    'greeting = "Welcome to this bot"',
    'key: short',
  ])('%s', (line) => {
    expect(valuesToHide(line)).toEqual([])
  })
})

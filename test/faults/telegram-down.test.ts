import { expect, test } from 'vitest'
import { COMMANDS, liveThrough, OUTAGES } from '../helpers/outage.ts'

// faults.md, row 17, for 8 s each; test/long has them for a minute.

const { ill, busy, deaf, reset, forgetful } = OUTAGES
const SECONDS = 8

test.concurrent.each([ill, busy, deaf, reset, forgetful])(
  '$name: nothing is lost, and no operation is made twice',
  async (outage) => {
    const { answered, alarms, ends, operations, repeated, behindMs } = await liveThrough(outage, SECONDS)
    console.log(`${outage.name}: all said ${behindMs} ms after its end; ${repeated} said again`)
    expect(answered).toEqual([0, 1, 3, 4, 5])
    expect(alarms).toEqual(['broken', 'nowhere'])
    expect(new Set(ends)).toEqual(new Set(['Deploy of slow at broken failed', 'Deploy of slow at nowhere failed']))
    expect(operations).toEqual([
      { ref: 'broken', state: 'failed', steps: ['fetch', 'detect', 'build'] },
      { ref: 'nowhere', state: 'failed', steps: ['fetch'] },
    ])
    // Whether a message arrived whose answer is lost can't be known: only then it may come again.
    if (outage !== forgetful && outage !== deaf) expect(repeated).toBe(0)
    expect(answered).toHaveLength(COMMANDS - 1)
  },
)

import { cpus, release, totalmem } from 'node:os'
import { alerts } from './alerts.ts'
import { archiving } from './backup.ts'
import { freezing } from './freeze.ts'
import { gaps } from './gap.ts'
import { fleet, idle } from './idle.ts'
import { killed } from './killed.ts'
import { type Pair, percentile, ratioOf, shown, spreadOf } from './pairs.ts'
import { recovery, recoveryOfFleet } from './recovery.ts'
import { type Answered, replies } from './reply.ts'
import { undone } from './undone.ts'
import { warmDeploy } from './warm-deploy.ts'

// Every number of docs/performance.md: `npm run bench`, or `npm run bench -- gap idle` for some of them.

const print = (title: string, lines: string[]) =>
  console.log([`\n## ${title}`, ...lines.map((text) => `- ${text}`)].join('\n'))

const pairLines = (pairs: Pair[]): string[] => {
  const { ofMedians, ofPairs } = ratioOf(pairs)
  return [
    `ours: ${shown(spreadOf(pairs.map(({ ours }) => ours)))}`,
    `floor: ${shown(spreadOf(pairs.map(({ floor }) => floor)))}`,
    `ratio of the medians ${ofMedians.toFixed(2)}; of each pair ${shown(ofPairs, '')}`,
  ]
}

const replyLine = (answers: Answered[]): string => {
  const times = answers.map(({ ms }) => ms)
  return `${shown(spreadOf(times))}, p99 ${Math.round(percentile(times, 0.99))} ms`
}

const byCommand = (answers: Answered[]): string[] =>
  [...new Set(answers.map(({ text }) => text))].map(
    (command) => `${command}: ${replyLine(answers.filter(({ text }) => text === command))}`,
  )

const benches: Record<string, () => Promise<void>> = {
  deploy: async () => print('Warm deploy without the gate', pairLines((await warmDeploy()).pairs)),
  reply: async () => {
    const { ours, floor, meanwhile } = await replies()
    const [own, least] = [ours, floor].map((answers) => spreadOf(answers.map(({ ms }) => ms)).median)
    print('First reply while two deploys run', [
      `ours: ${replyLine(ours)}`,
      `floor: ${replyLine(floor)}`,
      `ratio of the medians ${((own ?? Number.NaN) / (least ?? Number.NaN)).toFixed(2)}`,
      `deploys that ended meanwhile: ${meanwhile.done}, failed: ${meanwhile.failed}`,
      ...byCommand(ours),
    ])
  },
  freeze: async () => {
    const { frozen, whole } = await freezing()
    print('A bot under writes that is backed up, 300 MB', [
      `frozen for 100 MB: ${shown(spreadOf(frozen))}`,
      `from the beginning to the end: ${shown(spreadOf(whole))}`,
    ])
  },
  gap: async () => {
    const { deploys, rollbacks, rollbackWalls, ...counts } = await gaps()
    print('Gap under 20 updates a second', [
      `deploy: ${shown(spreadOf(deploys))}`,
      `rollback: ${shown(spreadOf(rollbacks))}; command to end without the gate: ${shown(spreadOf(rollbackWalls))}`,
      `lost ${counts.lost}, repeated ${counts.repeated}, conflicts ${counts.conflicts}`,
    ])
  },
  undone: async () =>
    print(
      'From the verdict to the old version answering',
      (await undone()).map(
        ({ name, backMs, longestWaitMs, said, conflicts }) =>
          `${name}: ${shown(spreadOf(backMs))}; longest wait of a person ${Math.max(...longestWaitMs)} ms; ` +
          `said so: ${said ? 'yes' : 'NO'}; conflicts ${conflicts}`,
      ),
    ),
  alerts: async () => {
    const { ours, plain, messages, incidents } = await alerts()
    print('From a crash to its message', [
      `ours: ${shown(spreadOf(ours))}, p99 ${Math.round(percentile(ours, 0.99))} ms`,
      `plain notifier: ${shown(spreadOf(plain))}, p99 ${Math.round(percentile(plain, 0.99))} ms`,
      `${messages} messages for ${incidents} incidents`,
    ])
  },
  backup: async () => {
    const { mb, writes, reads, sizes, memory, stalls } = await archiving()
    const speed = (pairs: Pair[], who: keyof Pair) => (mb * 1000) / spreadOf(pairs.map((pair) => pair[who])).median
    print(`${mb} MB packed and sealed, beside tar | gzip`, [
      `packing: ${speed(writes, 'ours').toFixed(0)} MB/s, plain ${speed(writes, 'floor').toFixed(0)} MB/s`,
      ...pairLines(writes),
      `reading all: ${speed(reads, 'ours').toFixed(0)} MB/s, plain ${speed(reads, 'floor').toFixed(0)} MB/s`,
      ...pairLines(reads),
      `size: ${Math.round(sizes.ours)} MB, plain ${Math.round(sizes.floor)} MB`,
      `memory: ${Math.round(memory.before)} MB before, ${Math.round(memory.most)} MB at most`,
      `longest stalls of the process: ${stalls.map((ms) => `${Math.round(ms)} ms`).join(', ')}`,
    ])
  },
  killed: async () => print('A killed bot polls again', [shown(spreadOf(await killed()))]),
  idle: async () =>
    print(
      'Idle manager',
      (await idle([1, 100])).map(
        ({ bots, residentMb, cores }) =>
          `${bots} bots: ${Math.round(residentMb)} MB, ${(cores * 100).toFixed(2)} % of a core`,
      ),
    ),
  fleet: async () => {
    const { bots, seconds, residentMb, cores, toldMs } = await fleet()
    print('Many bots under watch', [
      `${bots} bots for ${seconds} s: ${Math.round(residentMb)} MB, ${(cores * 100).toFixed(2)} % of a core`,
      `a crash after that was told ${Math.round(toldMs)} ms later`,
    ])
  },
  recovery: async () =>
    print('Recovery at the start', [
      `with 1,000 past operations: ${shown(spreadOf(await recovery()))}`,
      `with 100 bots: ${shown(spreadOf(await recoveryOfFleet()))}`,
    ]),
}

const chosen = process.argv.slice(2)
console.log(
  `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}, Node ${process.version}`,
)
for (const [name, bench] of Object.entries(benches)) if (chosen.length === 0 || chosen.includes(name)) await bench()
process.exit(0)

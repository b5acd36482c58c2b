import { VERSIONS } from './commands.ts'
import { type Model, versionOf } from './model.ts'
import { activeOf, type Snapshot } from './snapshot.ts'

/** What has to be true whenever nothing is under way; gives what is not. */
export const violations = (model: Model, now: Snapshot): string[] =>
  [
    ...recordsWrong(model, now),
    ...runningWrong(model, now),
    ...leftovers(model, now),
    ...telegramWrong(model, now),
  ].map((wrong) => `- ${wrong}`)

const recordsWrong = (model: Model, now: Snapshot): string[] => {
  const active = now.releases.filter(({ state }) => state === 'active')
  const wrong: string[] = []
  if (active.length > 1) wrong.push(`${active.length} releases are active`)
  const said = active[0] && `v${active[0].number} ${active[0].proof}`
  const expected = model.active && `v${model.active.number} ${model.active.proof}`
  if (said !== expected) wrong.push(`active is ${said}, expected ${expected}`)
  const status = model.stopped ? 'stopped' : (model.active?.proof ?? 'not deployed')
  if (now.status !== status) wrong.push(`its status is “${now.status}”`)
  const built = now.releases.filter(({ state }) => state === 'built')
  if (built.length > 0) wrong.push(`v${built.map(({ number }) => number)} stayed “built”`)
  return wrong
}

const runningWrong = (model: Model, now: Snapshot): string[] => {
  const active = activeOf(now)?.containerId
  const running = now.containers.filter((container) => container.running)
  const wrong = running.filter(({ id }) => id !== active).map(({ name }) => `${name} runs and is not active`)
  if (active === undefined || active === null) return wrong
  const container = now.containers.find(({ id }) => id === active)
  if (!container) return [...wrong, 'the container of the active release is gone']
  if (model.stopped) return [...wrong, ...staysStopped(container)]
  if (!container.running || container.restarting) wrong.push(`${container.name} is active and does not run`)
  if (container.paused) wrong.push(`${container.name} is frozen`)
  if (container.restart !== 'unless-stopped') wrong.push(`${container.name} would not come back after a reboot`)
  return wrong
}

const staysStopped = ({ name, running, restart }: Snapshot['containers'][number]): string[] => [
  ...(running ? [`${name} is stopped and runs`] : []),
  ...(restart === 'no' ? [] : [`${name} is stopped and would come back after a reboot`]),
]

const leftovers = (model: Model, now: Snapshot): string[] => {
  const wayBack = now.releases.find(({ number }) => number === model.wayBack)?.containerId
  if (model.wayBack !== undefined && !wayBack) return [`the way back to v${model.wayBack} is lost`]
  const wanted = [activeOf(now)?.containerId, wayBack, ...now.keptContainers].filter((id) => typeof id === 'string')
  const withImage = now.releases.filter(({ imageId }) => imageId !== null)
  const numbers = withImage.map(({ number }) => number)
  const needed = [model.active?.number, model.wayBack].filter((number) => number !== undefined)
  return [
    ...differences(
      'container',
      new Map(now.containers.map((one) => [one.id, `${one.labels['tbs.role']} ${one.name} (began ${one.startedAt})`])),
      wanted,
    ),
    ...differences(
      'image',
      new Map(
        now.images.flatMap(({ id, tags }) => (tags.length > 0 ? tags : [id]).map((one) => [one, `image ${one}`])),
      ),
      withImage.map(({ image }) => image),
    ),
    ...needed.filter((number) => !numbers.includes(number)).map((number) => `the image of v${number} is gone`),
    ...(now.networks > 1 ? [`${now.networks} networks`] : []),
    ...(now.volumes.length > 1 ? [`volumes ${now.volumes}`] : []),
    ...now.temporary.map((path) => `${path} is left over`),
  ]
}

/** `found`: what each is to be called. */
const differences = (what: string, found: ReadonlyMap<string, string>, wanted: string[]): string[] => [
  ...[...found].flatMap(([one, called]) => (wanted.includes(one) ? [] : [`the ${called} belongs to nothing`])),
  ...wanted.filter((one) => !found.has(one)).map((one) => `the ${what} ${one} is missing`),
]

const telegramWrong = (model: Model, { telegram, ...now }: Snapshot): string[] => {
  const { pending, pollers, conflicts } = telegram
  const wrong: string[] = []
  if (conflicts > 0) wrong.push(`${conflicts} times two containers polled`)
  const version = versionOf(model, model.active?.number)
  const polls = !model.stopped && version !== undefined && 'polls' in VERSIONS[version]
  const container = activeOf({ ...now, telegram })?.containerId
  if (pollers !== 'not known' && pollers.join() !== (polls ? container : '')) wrong.push(`[${pollers}] poll`)
  if (polls && pending > 0) wrong.push(`${pending} updates wait`)
  if (pending > 0 && !model.stopped && version === 'deaf' && model.wayBack !== undefined && !model.triedInVain) {
    wrong.push(`v${model.active?.number} is deaf, and v${model.wayBack} was not put back`)
  }
  return wrong
}

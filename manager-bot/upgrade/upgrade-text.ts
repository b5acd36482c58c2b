import type { Upgrade } from '../../deploy-engine/index.ts'
import { duration } from '../text/duration.ts'
import { bold, code, line, type RichText } from '../text/rich-text.ts'

/** How an upgrade has ended. */
export const upgradeText = (upgrade: Upgrade): RichText => {
  const { kind, from, to, gapMs = 0, result, reason = 'nobody knows why', logLines = [] } = upgrade
  const bots = `No manager listened for ${duration(gapMs)}; your bots went on.`
  if (result === 'done') {
    const what = kind === 'rollback' ? 'Back to' : 'Upgraded to'
    return [line(bold(`${what} ${to.version}`), `, from ${from.version}.`), line(bots)]
  }
  const lines = logLines.map((text) => line(code(text)))
  return [
    line(bold(`Not upgraded to ${to.version}: `), `${reason}.`),
    ...lines,
    line(result === 'undone' ? `${from.version} is back, with its data as it was.` : `${from.version} is back.`),
    line(bots),
  ]
}

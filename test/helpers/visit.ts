import type { Page, Request } from 'playwright-core'

const DROPPED = 'net::ERR_NETWORK_CHANGED'
const TRIES = 5

/**
 * Opens a page and all its files. Each container that starts on the machine, whosever it is, adds a network address,
 * and Chromium then drops what it has not begun to load: a person would reload, too.
 */
export const visit = async (page: Page, url: string): Promise<void> => {
  for (let tries = 0; tries < TRIES; tries++) if (await isWhole(page, url)) return
  throw new Error(`Chromium dropped files of ${url} ${TRIES} times, for containers that came and went`)
}

const isWhole = async (page: Page, url: string): Promise<boolean> => {
  let whole = true
  const note = (request: Request) => {
    if (request.failure()?.errorText === DROPPED) whole = false
  }
  page.on('requestfailed', note)
  await page.goto(url).catch((error: Error) => {
    if (!error.message.includes(DROPPED)) throw error
  })
  page.off('requestfailed', note)
  return whole
}

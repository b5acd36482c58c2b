import type { Page, Request } from 'playwright-core'

const DROPPED = 'net::ERR_NETWORK_CHANGED'
const TRIES = 5

/**
 * Opens a page and all its files. Each container that starts on the machine, whosever it is, adds a network address,
 * and Chromium then drops what it has not begun to load: a person would reload, too.
 */
export const visit = async (page: Page, url: string, tries = TRIES): Promise<void> => {
  let dropped = false
  const note = (request: Request) => {
    dropped ||= request.failure()?.errorText === DROPPED
  }
  page.on('requestfailed', note)
  await page.goto(url).catch((error: Error) => {
    if (!error.message.includes(DROPPED)) throw error
  })
  page.off('requestfailed', note)
  if (dropped && tries > 1) await visit(page, url, tries - 1)
}

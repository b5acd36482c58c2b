import type { Locator, Page } from 'playwright-core'

export type ChatOnPage = {
  open(title: string): Promise<void>
  /** Types into the open chat and sends. */
  send(text: string): Promise<void>
  /** Sends, and gives what the bot wrote after it, also if it comes later. */
  write(text: string): Promise<Locator>
  /** Writes and waits for an answer with this text. Gives the whole text of that answer. */
  ask(text: string, answer: string | RegExp): Promise<string>
}

/** A person's hands and eyes on the sandbox's page. */
export const chatOnPage = (page: Page): ChatOnPage => {
  const messages = page.getByRole('log').locator('.message')
  const send = async (text: string): Promise<void> => {
    await page.getByRole('textbox', { name: 'Message' }).pressSequentially(text)
    await page.keyboard.press('Enter')
  }
  const write = async (text: string): Promise<Locator> => {
    const mine = page.getByRole('log').locator('[data-from=me]')
    const before = await mine.count()
    await send(text)
    const id = await mine.nth(before).getAttribute('data-message-id')
    return page.getByRole('log').locator(`[data-message-id="${id}"] ~ [data-from=bot]`)
  }
  return {
    open: async (title) => {
      const chats = page.getByRole('navigation', { name: 'Chats' })
      await chats.getByRole('link', { name: new RegExp(`^${title}`) }).click()
      await page.getByRole('heading', { name: title, level: 2 }).waitFor()
      await messages
        .or(page.getByRole('button', { name: 'Start' }))
        .first()
        .waitFor()
    },
    send,
    write,
    ask: async (text, answer) => {
      const answers = (await write(text)).filter({ hasText: answer })
      await answers.first().waitFor({ timeout: 60_000 })
      return textOf(answers.first())
    },
  }
}

/** The text of a message as people read it, without the time below it. */
export const textOf = (message: Locator): Promise<string> => message.locator('.text').innerText()

const EVERY_MS = 1_000

let written = 0

/**
 * Somebody who writes a numbered message to a bot each second, through the API of the sandbox's page. The result ends
 * it; it fails when a message was refused.
 */
export const keepWriting = (pageUrl: string, bot: string): (() => Promise<void>) => {
  const sent: Promise<void>[] = []
  const timer = setInterval(() => sent.push(say(pageUrl, bot, `message ${++written}`)), EVERY_MS)
  return async () => {
    clearInterval(timer)
    await Promise.all(sent)
  }
}

const say = async (pageUrl: string, chat: string, text: string): Promise<void> => {
  const response = await fetch(new URL('/say', pageUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ person: 1, chat, text }),
  })
  if (!response.ok) throw new Error(`the sandbox refused a message: ${await response.text()}`)
}

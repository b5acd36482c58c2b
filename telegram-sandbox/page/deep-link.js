const START = /^https:\/\/t\.me\/(\w+)(?:\?start=([\w-]{1,64}))?$/i

/** What a t.me link to a bot opens: the bot's username and what to start it with. Undefined for any other link. */
export const deepLink = (url) => {
  const [, username, payload] = START.exec(url) ?? []
  return username && { username, payload }
}

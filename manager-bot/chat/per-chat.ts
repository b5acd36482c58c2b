/** Runs work of one chat in its order, and that of different chats side by side. */
export const perChat = (): ((chat: number, work: () => Promise<void>) => void) => {
  const last = new Map<number, Promise<void>>()
  return (chat, work) => {
    const next = (last.get(chat) ?? Promise.resolve()).then(work)
    last.set(chat, next)
    void next.finally(() => {
      if (last.get(chat) === next) last.delete(chat)
    })
  }
}

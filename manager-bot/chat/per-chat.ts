/** Work of one chat in its order, and that of different chats side by side. */
export type PerChat = {
  add(chat: number, work: () => Promise<void>): void
  /** Resolves when all that was added has ended. */
  idle(): Promise<void>
}

export const perChat = (onError: (error: unknown) => void): PerChat => {
  const last = new Map<number, Promise<void>>()
  return {
    add: (chat, work) => {
      const next = (last.get(chat) ?? Promise.resolve()).then(work).catch(onError)
      last.set(chat, next)
      void next.finally(() => {
        if (last.get(chat) === next) last.delete(chat)
      })
    },
    idle: async () => {
      await Promise.all(last.values())
    },
  }
}

type Watched = { onChange: (listener: () => void) => () => void; transcript: () => string }

export type WaitOptions = { timeout?: number; what?: string }

/** Asks `look` now and after every change, until it gives something other than undefined and false. Milliseconds. */
export const waitFor = <S extends Watched, T>(
  sandbox: S,
  look: (sandbox: S) => T | undefined | false,
  { timeout = 10_000, what = 'what was awaited' }: WaitOptions = {},
): Promise<T> =>
  new Promise((resolve, reject) => {
    const end = (how: () => void) => {
      clearTimeout(timer)
      forget()
      how()
    }
    const check = () => {
      try {
        const seen = look(sandbox)
        if (seen !== undefined && seen !== false) end(() => resolve(seen))
      } catch (error) {
        end(() => reject(error))
      }
    }
    const late = () => new Error(`Not seen within ${timeout} ms: ${what}\n${sandbox.transcript()}`)
    const timer = setTimeout(() => end(() => reject(late())), timeout)
    const forget = sandbox.onChange(check)
    check()
  })

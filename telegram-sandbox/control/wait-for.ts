type Watched = { onChange: (listener: () => void) => () => void; transcript: () => string }

/** `what` is said when it was not seen; a function of it is asked then. */
export type WaitOptions = { timeout?: number; what?: string | (() => string) }

/** Asks `look` now and after every change, until it gives something other than undefined and false. Milliseconds. */
export const waitFor = <S extends Watched, T>(
  sandbox: S,
  look: (sandbox: S) => T | undefined | false,
  { timeout = 30_000, what = 'what was awaited' }: WaitOptions = {},
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
    const late = () => {
      const said = typeof what === 'string' ? what : what()
      return new Error(`Not seen within ${timeout} ms: ${said}\n${sandbox.transcript()}`)
    }
    const timer = setTimeout(() => end(() => reject(late())), timeout)
    const forget = sandbox.onChange(check)
    check()
  })

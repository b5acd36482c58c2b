import { must, script, type Target } from './target.ts'

export type Put = { path: string; content: string; mode: string }

/** Whole or not at all, and only if it differs in content or mode; true: it did. */
export const putFile = async (root: Target, { path, content, mode }: Put): Promise<boolean> => {
  const said = await must(root, script(PUT, path, mode, String(Buffer.byteLength(content))), { stdin: content })
  return said.trim() === 'written'
}

/** true: it was not there, or had another mode. */
export const makeDirectory = async (root: Target, path: string, mode: string): Promise<boolean> => {
  const said = await must(root, script(MAKE, path, mode))
  return said.trim() === 'made'
}

// Readable by nobody else from its first byte on. Counted, since its input also ends when the connection is cut off.
const PUT = `
  umask 077
  part="$1.part"
  cat >"$part" && [ "$(wc -c <"$part")" -eq "$3" ] || exit 1
  if cmp -s "$part" "$1" && [ "$(stat -c %a "$1")" = "$2" ]; then rm -f "$part"; exit 0; fi
  chmod "$2" "$part" && sync "$part" && mv -f "$part" "$1" && echo written`

const MAKE = `
  if [ -d "$1" ] && [ "$(stat -c %a "$1")" = "$2" ]; then exit 0; fi
  install -d -m "$2" "$1" && echo made`

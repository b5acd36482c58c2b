import type { Owner } from '../ports.ts'

/** Numeric owner of what an image's USER runs as; undefined: `passwd`, its /etc/passwd, does not know that name. */
export const imageUser = (user: string, passwd: string): Owner | undefined => {
  const [name = '', group] = user.split(':')
  const entry = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([login, , uid]) => login === name || uid === name)
  const uid = name === '' ? 0 : (numeric(name) ?? numeric(entry?.[2]))
  return uid === undefined ? undefined : { uid, gid: numeric(group) ?? numeric(entry?.[3]) ?? 0 }
}

const numeric = (text: string | undefined): number | undefined => (/^\d+$/.test(text ?? '') ? Number(text) : undefined)

/**
 * Numeric owner of what an image's USER runs as. `passwd` is the image's /etc/passwd; a user that it does not know
 * counts as root, as it would fail to start anyway.
 */
export const imageUser = (user: string, passwd: string): { uid: number; gid: number } => {
  const [name = '', group] = user.split(':')
  const entry = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([login, , uid]) => login === name || uid === name)
  const uid = numeric(name) ?? numeric(entry?.[2]) ?? 0
  return { uid, gid: numeric(group) ?? numeric(entry?.[3]) ?? (uid === 0 ? 0 : uid) }
}

const numeric = (text: string | undefined): number | undefined => (/^\d+$/.test(text ?? '') ? Number(text) : undefined)

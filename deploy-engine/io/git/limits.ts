/** What one fetch or checkout may take; the reasons are beside the values. */
export type GitLimits = {
  totalMs: number
  silentMs: number
  bytes: number
  files: number
  submodules: number
  packs: number
}

const MINUTE = 60_000

export const GIT_LIMITS: GitLimits = {
  // Ten times what the largest of the repositories that were looked at takes on a slow line.
  totalMs: 5 * MINUTE,
  // Servers that count and compress say so every second or keep the line alive every five.
  silentMs: MINUTE,
  // An image of more is refused by most small servers' disks, and three copies exist during a build.
  bytes: 1024 ** 3,
  // A committed node_modules has some 10,000; a million empty files would fill the inodes and weigh nothing.
  files: 200_000,
  // Recursion has to end somewhere, also for a repository that contains itself.
  submodules: 100,
  // Each fetch of something new adds one; past this a fresh mirror costs less than its clutter.
  packs: 40,
}

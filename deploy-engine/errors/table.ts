import { asking } from './asking.ts'
import { backups } from './backups.ts'
import { building } from './building.ts'
import { data } from './data.ts'
import type { Topic } from './explained.ts'
import { fetching } from './fetching.ts'
import { importing } from './importing.ts'
import { secrets } from './secrets.ts'
import { server } from './server.ts'
import { starting } from './starting.ts'
import { upgrading } from './upgrading.ts'

/** Every code that the engine fails with. test/errors.test.ts holds it against the sources. */
export const engineErrors = {
  ...{ ...fetching, ...building, ...starting, ...asking, ...secrets },
  ...{ ...data, ...backups, ...importing, ...server, ...upgrading },
}

/** In the order in which a person meets them. */
export const engineTopics: readonly Topic[] = [
  { title: 'Fetching the source', errors: fetching },
  { title: 'Building', errors: building },
  { title: 'Starting a version', errors: starting },
  { title: 'Asking for something', errors: asking },
  { title: 'Tokens, secrets and settings', errors: secrets },
  { title: 'A bot’s data', errors: data },
  { title: 'Backups', errors: backups },
  { title: 'Importing, and files', errors: importing },
  { title: 'The server', errors: server },
  { title: 'Upgrading', errors: upgrading },
]

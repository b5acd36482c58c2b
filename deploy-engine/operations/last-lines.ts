import { messageOf } from '../error.ts'
import { redact } from '../secret.ts'
import type { Run } from './journal.ts'

const LINES = 20

/** The last lines that a container printed, redacted, for people. */
export const lastLines = async ({ engine, secrets }: Run, container: string): Promise<string[]> => {
  try {
    const text = redact(await engine.docker.logs(container, { tail: LINES }), secrets)
    return text.split('\n').filter((line) => line.trim() !== '')
  } catch (error) {
    // The undo goes on without them: the old version matters more than the new one's last words.
    engine.log.warn({ container, error: messageOf(error) }, 'the last lines of a container could not be read')
    return []
  }
}

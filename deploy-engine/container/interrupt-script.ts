/** The variable by which the processes of one errand are found: whoever starts it chooses its value. */
export const ERRAND = 'TBS_ERRAND'

/**
 * Interrupts all processes of an errand in a container, as Ctrl-C does: Docker hands no signal on to what was started
 * by exec.
 */
export const interruptErrand = (key: string): string[] => ['sh', '-c', SCRIPT, 'sh', `${ERRAND}=${key}`]

const SCRIPT = `
  for process in /proc/[0-9]*; do
    if tr '\\0' '\\n' 2>/dev/null <"$process/environ" | grep -qxF "$1"; then
      kill -INT "\${process#/proc/}"
    fi
  done`

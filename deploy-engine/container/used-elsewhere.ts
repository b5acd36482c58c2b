const ELSEWHERE = /terminated by other getUpdates request|Conflict: can't use getUpdates/i

/** A bot's line that tells Telegram's answer to a second program with its token. */
export const saysUsedElsewhere = (line: string): boolean => ELSEWHERE.test(line)

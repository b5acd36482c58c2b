/** Something a person has to see to: told in its own words, without a stack. */
export class SetupError extends Error {
  /** @override */
  name = 'SetupError'
}

/** Setup was asked to end, by Ctrl-C or SIGTERM. */
export class Interrupted extends Error {
  /** @override */
  name = 'Interrupted'

  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`ended by ${signal}`)
    this.exitCode = signal === 'SIGINT' ? 130 : 143
  }
}

/** Why a running operation is told to stop: a person asked for it. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled'
  override readonly message = 'It was cancelled'
}

/** Why a running operation is told to stop: the manager ends. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  override readonly message = 'The manager was stopped meanwhile and has put things back'
}

import { AwaitedSchema } from './awaited.ts'
import { ButtonSchema } from './button.ts'
import { HandledUpdateSchema } from './handled-update.ts'
import { Chat1700000100001 } from './migrations/0001-chat.ts'
import { Buttons1700000100002 } from './migrations/0002-buttons.ts'
import { OperationMessageSchema } from './operation-message.ts'
import { OwnerCodeSchema } from './owner-code.ts'
import { PersonSchema } from './person.ts'

/** The chat's own tables; the engine opens the database that they live in. */
export const chatTables = {
  entities: [PersonSchema, OwnerCodeSchema, HandledUpdateSchema, AwaitedSchema, OperationMessageSchema, ButtonSchema],
  migrations: [Chat1700000100001, Buttons1700000100002],
}

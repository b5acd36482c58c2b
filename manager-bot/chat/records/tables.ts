import { AuditSchema } from './audit.ts'
import { AwaitedSchema } from './awaited.ts'
import { BoundPlaceSchema } from './bound-place.ts'
import { ButtonSchema } from './button.ts'
import { GrantSchema } from './grant.ts'
import { HandledUpdateSchema } from './handled-update.ts'
import { InboxSchema } from './inbox.ts'
import { IncidentMessageSchema } from './incident-message.ts'
import { InvitationSchema } from './invitation.ts'
import { Chat1700000100001 } from './migrations/0001-chat.ts'
import { Buttons1700000100002 } from './migrations/0002-buttons.ts'
import { People1700000100003 } from './migrations/0003-people.ts'
import { Post1700000100004 } from './migrations/0004-post.ts'
import { Panels1700000100005 } from './migrations/0005-panels.ts'
import { Wizard1700000100006 } from './migrations/0006-wizard.ts'
import { Alerts1700000100007 } from './migrations/0007-alerts.ts'
import { Audit1700000100008 } from './migrations/0008-audit.ts'
import { NoteSchema } from './note.ts'
import { OperationMessageSchema } from './operation-message.ts'
import { OutboxSchema } from './outbox.ts'
import { PersonSchema } from './person.ts'
import { WizardSchema } from './wizard.ts'

/** The chat's own tables; the engine opens the database that they live in. */
export const chatTables = {
  entities: [
    PersonSchema,
    GrantSchema,
    InvitationSchema,
    BoundPlaceSchema,
    NoteSchema,
    HandledUpdateSchema,
    InboxSchema,
    OutboxSchema,
    AwaitedSchema,
    OperationMessageSchema,
    IncidentMessageSchema,
    ButtonSchema,
    WizardSchema,
    AuditSchema,
  ],
  migrations: [
    Chat1700000100001,
    Buttons1700000100002,
    People1700000100003,
    Post1700000100004,
    Panels1700000100005,
    Wizard1700000100006,
    Alerts1700000100007,
    Audit1700000100008,
  ],
}

import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Where each incident is told, and how far. */
export class Alerts1700000100007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement.replace(/\s+/g, ' '))
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('incident_messages')
  }
}

const STATEMENTS = [
  `CREATE TABLE "incident_messages" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "incident_id" integer NOT NULL,
    "chat_id" integer NOT NULL, "thread_id" integer, "message_id" integer, "face" text NOT NULL DEFAULT (''),
    "state" text NOT NULL DEFAULT ('open'), "told_at" integer, "over_told" boolean NOT NULL DEFAULT (0),
    "reminded_at" integer, "created_at" integer NOT NULL)`,
  `CREATE INDEX "incident_messages_by_incident" ON "incident_messages" ("incident_id")`,
  `CREATE INDEX "incident_messages_by_state" ON "incident_messages" ("state")`,
]

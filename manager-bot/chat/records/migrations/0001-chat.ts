import type { MigrationInterface, QueryRunner } from 'typeorm'

export class Chat1700000100001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // On one line: TypeORM reads names of constraints back out of the statement's stored text.
    for (const statement of TABLES) await runner.query(statement.replace(/\s+/g, ' '))
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['operation_messages', 'awaited', 'handled_updates', 'owner_codes', 'people']) {
      await runner.dropTable(table)
    }
  }
}

const TABLES = [
  `CREATE TABLE "people" ("telegram_id" integer PRIMARY KEY NOT NULL, "role" text NOT NULL, "name" text NOT NULL,
    "created_at" integer NOT NULL)`,
  `CREATE TABLE "owner_codes" ("hash" text PRIMARY KEY NOT NULL, "expires_at" integer NOT NULL)`,
  `CREATE TABLE "handled_updates" ("update_id" integer PRIMARY KEY NOT NULL, "at" integer NOT NULL)`,
  `CREATE INDEX "handled_updates_by_time" ON "handled_updates" ("at")`,
  `CREATE TABLE "awaited" ("chat_id" integer NOT NULL, "person_id" integer NOT NULL, "command" text NOT NULL,
    "input" text NOT NULL, "expires_at" integer NOT NULL, PRIMARY KEY ("chat_id", "person_id"))`,
  `CREATE TABLE "operation_messages" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "operation_id" integer NOT
    NULL, "chat_id" integer NOT NULL, "thread_id" integer, "reply_to" integer, "message_id" integer,
    "delivered_revision" integer NOT NULL DEFAULT (0), "state" text NOT NULL, "alarmed" boolean NOT NULL DEFAULT (0),
    "created_at" integer NOT NULL, CONSTRAINT "UQ_5fabfd8c803b8078c7629732730" UNIQUE ("operation_id", "chat_id"))`,
  `CREATE INDEX "operation_messages_by_state" ON "operation_messages" ("state")`,
]

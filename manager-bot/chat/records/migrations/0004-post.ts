import type { MigrationInterface, QueryRunner } from 'typeorm'

export class Post1700000100004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement.replace(/\s+/g, ' '))
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('outbox')
    await runner.dropTable('inbox')
    await runner.query(`ALTER TABLE "buttons" DROP COLUMN "used_by"`)
  }
}

const STATEMENTS = [
  `CREATE TABLE "inbox" ("update_id" integer PRIMARY KEY NOT NULL, "sealed" blob NOT NULL,
    "accepted_at" integer NOT NULL)`,
  `CREATE TABLE "outbox" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "chat_id" integer NOT NULL,
    "thread_id" integer, "reply_to" integer, "priority" integer NOT NULL, "silent" boolean NOT NULL,
    "html" text NOT NULL, "markup" text, "document" text, "edit_of" integer, "key" text,
    "created_at" integer NOT NULL)`,
  `CREATE INDEX "outbox_by_chat" ON "outbox" ("chat_id", "priority", "id")`,
  `CREATE UNIQUE INDEX "outbox_by_key" ON "outbox" ("key")`,
  `ALTER TABLE "buttons" ADD COLUMN "used_by" integer`,
]

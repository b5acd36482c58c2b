import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Answers on the way to a new bot, and edits of messages that are on their way. */
export class Wizard1700000100006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLE.replace(/\s+/g, ' '))
    await runner.query(`ALTER TABLE "outbox" ADD COLUMN "edit_with" text`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "outbox" DROP COLUMN "edit_with"`)
    await runner.dropTable('wizards')
  }
}

const TABLE = `CREATE TABLE "wizards" ("chat_id" integer NOT NULL, "person_id" integer NOT NULL,
  "turn" integer NOT NULL, "step" text NOT NULL, "sealed" blob NOT NULL, "update_id" integer,
  "expires_at" integer NOT NULL, PRIMARY KEY ("chat_id", "person_id"))`

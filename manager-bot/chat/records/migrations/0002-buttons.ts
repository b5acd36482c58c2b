import type { MigrationInterface, QueryRunner } from 'typeorm'

export class Buttons1700000100002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLE.replace(/\s+/g, ' '))
    await runner.query(`CREATE INDEX "buttons_by_message" ON "buttons" ("chat_id", "message_id")`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('buttons')
  }
}

const TABLE = `CREATE TABLE "buttons" ("nonce" text PRIMARY KEY NOT NULL, "chat_id" integer NOT NULL,
  "message_id" integer, "person_id" integer NOT NULL, "label" text NOT NULL, "command" text NOT NULL,
  "input" text NOT NULL, "expires_at" integer NOT NULL)`

import type { MigrationInterface, QueryRunner } from 'typeorm'

export class Backups1700000000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement.replace(/\s+/g, ' '))
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('backups')
  }
}

const STATEMENTS = [
  `CREATE TABLE "backups" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "bot_id" integer, "bot_name" text,
    "telegram_id" integer, "file" text NOT NULL, "bytes" integer NOT NULL, "sha256" text NOT NULL, "cause" text NOT
    NULL, "release" integer, "created_at" integer NOT NULL, "state" text NOT NULL, "copies" text NOT NULL
    DEFAULT ('[]'), CONSTRAINT "FK_9e7b228464f61f0b372c970396a" FOREIGN KEY ("bot_id") REFERENCES "bots" ("id")
    ON DELETE NO ACTION ON UPDATE NO ACTION)`,
  `CREATE INDEX "backups_by_bot" ON "backups" ("bot_name", "created_at")`,
]

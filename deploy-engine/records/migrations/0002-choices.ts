import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What a person chose for a bot, and copies of its volumes. */
export class Choices1700000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement.replace(/\s+/g, ' '))
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('volume_copies')
    for (const column of ['volumes', 'ignore_dockerfile', 'path']) await runner.dropColumn('bots', column)
  }
}

const STATEMENTS = [
  `ALTER TABLE "bots" ADD COLUMN "path" text`,
  `ALTER TABLE "bots" ADD COLUMN "ignore_dockerfile" boolean NOT NULL DEFAULT (0)`,
  `ALTER TABLE "bots" ADD COLUMN "volumes" text NOT NULL DEFAULT ('[]')`,
  `CREATE TABLE "volume_copies" ("name" text PRIMARY KEY NOT NULL, "bot_id" integer NOT NULL,
    "operation_id" integer NOT NULL, "volume" text NOT NULL, "kind" text NOT NULL, "created_at" integer NOT NULL,
    CONSTRAINT "FK_a378ac81699bb290dbc7b42ed56" FOREIGN KEY ("bot_id") REFERENCES "bots" ("id")
    ON DELETE NO ACTION ON UPDATE NO ACTION)`,
]

import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What was last seen of each container, and the incidents that came of it. */
export class Watching1700000000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement.replace(/\s+/g, ' '))
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['mutes', 'incidents', 'containers']) await runner.dropTable(table)
    await runner.query('ALTER TABLE "bots" DROP COLUMN "auto_rollback"')
  }
}

const STATEMENTS = [
  `ALTER TABLE "bots" ADD COLUMN "auto_rollback" boolean NOT NULL DEFAULT (1)`,
  `CREATE TABLE "containers" ("container_id" text PRIMARY KEY NOT NULL, "bot_id" integer NOT NULL, "running" boolean
    NOT NULL, "started_at" integer NOT NULL, "finished_at" integer NOT NULL, "restarts" integer NOT NULL,
    "peak_memory_bytes" integer NOT NULL DEFAULT (0), "peak_cores" real NOT NULL DEFAULT (0),
    CONSTRAINT "FK_b9f5c526b77010224763bd57257" FOREIGN KEY ("bot_id") REFERENCES "bots" ("id")
    ON DELETE NO ACTION ON UPDATE NO ACTION)`,
  `CREATE INDEX "containers_by_bot" ON "containers" ("bot_id")`,
  `CREATE TABLE "incidents" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "bot_id" integer, "kind" text NOT NULL,
    "fingerprint" text NOT NULL, "state" text NOT NULL, "count" integer NOT NULL DEFAULT (1), "first_at" integer
    NOT NULL, "last_at" integer NOT NULL, "ended_at" integer, "reopened" integer NOT NULL DEFAULT (0), "detail" text
    NOT NULL, "revision" integer NOT NULL DEFAULT (1), "acked_by" text, "part_of" integer,
    CONSTRAINT "FK_0a7752f13e19eb61dc4eebfb0dd" FOREIGN KEY ("bot_id") REFERENCES "bots" ("id")
    ON DELETE NO ACTION ON UPDATE NO ACTION)`,
  `CREATE INDEX "incidents_by_state" ON "incidents" ("state", "bot_id")`,
  `CREATE TABLE "mutes" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "bot_id" integer, "until" integer NOT NULL,
    "muted_by" text NOT NULL, CONSTRAINT "FK_5b71bf9b82be0e2356174c99420" FOREIGN KEY ("bot_id")
    REFERENCES "bots" ("id") ON DELETE NO ACTION ON UPDATE NO ACTION)`,
]

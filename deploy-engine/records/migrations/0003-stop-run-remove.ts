import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What a person wants of a bot, to run, to be stopped or to be gone; and requests that are made once. */
export class StopRunRemove1700000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement.replace(/\s+/g, ' '))
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX "operations_by_request"')
    await runner.dropColumn('operations', 'request_key')
    await runner.query('DROP INDEX "bots_by_name"')
    await runner.query('DROP INDEX "bots_by_account"')
    for (const column of ['stopped_at', 'removed_at']) await runner.dropColumn('bots', column)
  }
}

// Removed bots keep their rows, so names are unique among the others only. SQLite can't drop a constraint: the table
// is made anew. Meanwhile foreign keys are off, TypeORM sees to that.
const STATEMENTS = [
  `CREATE TABLE "bots_anew" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "name" text NOT NULL, "repo" text NOT
    NULL, "branch" text, "token_env" text, "path" text, "ignore_dockerfile" boolean NOT NULL DEFAULT (0),
    "volumes" text NOT NULL DEFAULT ('[]'), "telegram_id" integer NOT NULL, "username" text NOT NULL,
    "last_release" integer NOT NULL DEFAULT (0), "created_at" integer NOT NULL, "stopped_at" integer,
    "removed_at" integer)`,
  `INSERT INTO "bots_anew" ("id", "name", "repo", "branch", "token_env", "path", "ignore_dockerfile", "volumes",
    "telegram_id", "username", "last_release", "created_at") SELECT "id", "name", "repo", "branch", "token_env",
    "path", "ignore_dockerfile", "volumes", "telegram_id", "username", "last_release", "created_at" FROM "bots"`,
  `DROP TABLE "bots"`,
  `ALTER TABLE "bots_anew" RENAME TO "bots"`,
  `CREATE UNIQUE INDEX "bots_by_name" ON "bots" ("name") WHERE removed_at IS NULL`,
  `CREATE UNIQUE INDEX "bots_by_account" ON "bots" ("telegram_id") WHERE removed_at IS NULL`,
  `ALTER TABLE "operations" ADD COLUMN "request_key" text`,
  `CREATE UNIQUE INDEX "operations_by_request" ON "operations" ("request_key")`,
]

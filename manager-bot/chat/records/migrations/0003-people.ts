import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Roles for one bot or all, invitations, places for commands, notes. Whoever had a role has it for all bots. */
export class People1700000100003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // On one line: TypeORM reads names of constraints back out of the statement's stored text.
    for (const statement of [...TABLES, ...TRIGGERS]) await runner.query(statement.replace(/\s+/g, ' '))
    await runner.query(
      `INSERT INTO "grants" SELECT "telegram_id", 0, "role", 'manager', "created_at" FROM "people"
        WHERE "role" IN ('owner', 'admin', 'viewer')`,
    )
    await runner.query(`DELETE FROM "people" WHERE "telegram_id" NOT IN (SELECT "person_id" FROM "grants")`)
    await runner.query(`ALTER TABLE "people" DROP COLUMN "role"`)
    // Its codes live for one day and are made anew at each start.
    await runner.dropTable('owner_codes')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE "owner_codes" ("hash" text PRIMARY KEY NOT NULL, "expires_at" integer NOT NULL)`)
    await runner.query(`ALTER TABLE "people" ADD COLUMN "role" text NOT NULL DEFAULT 'viewer'`)
    await runner.query(
      `UPDATE "people" SET "role" = 'owner' WHERE "telegram_id" IN
        (SELECT "person_id" FROM "grants" WHERE "role" = 'owner')`,
    )
    // What was for one bot only, and below owner, can't be said in the old table.
    await runner.query(`DELETE FROM "people" WHERE "role" <> 'owner'`)
    for (const table of ['notes', 'places', 'invitations', 'grants']) await runner.dropTable(table)
  }
}

const TABLES = [
  `CREATE TABLE "grants" ("person_id" integer NOT NULL, "bot_id" integer NOT NULL, "role" text NOT NULL,
    "granted_by" text NOT NULL, "created_at" integer NOT NULL, PRIMARY KEY ("person_id", "bot_id"))`,
  `CREATE TABLE "invitations" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "hash" text NOT NULL,
    "role" text NOT NULL, "bot_id" integer NOT NULL, "invited_by" text NOT NULL, "created_at" integer NOT NULL,
    "expires_at" integer NOT NULL)`,
  `CREATE UNIQUE INDEX "invitations_by_hash" ON "invitations" ("hash")`,
  `CREATE TABLE "places" ("chat_id" integer NOT NULL, "thread_id" integer NOT NULL, "title" text NOT NULL,
    "bound_by" integer NOT NULL, "created_at" integer NOT NULL, PRIMARY KEY ("chat_id", "thread_id"))`,
  `CREATE TABLE "notes" ("key" text PRIMARY KEY NOT NULL, "value" text NOT NULL, "at" integer NOT NULL)`,
]

const IS_LAST = `OLD."role" = 'owner' AND (SELECT count(*) FROM "grants" WHERE "role" = 'owner') = 1`

const TRIGGERS = [
  `CREATE TRIGGER "last_owner_stays" BEFORE DELETE ON "grants" WHEN ${IS_LAST}
    BEGIN SELECT RAISE(ABORT, 'last_owner'); END`,
  `CREATE TRIGGER "last_owner_stays_owner" BEFORE UPDATE ON "grants" WHEN ${IS_LAST} AND NEW."role" <> 'owner'
    BEGIN SELECT RAISE(ABORT, 'last_owner'); END`,
  // REPLACE deletes without a trigger for it.
  `CREATE TRIGGER "last_owner_is_not_replaced" BEFORE INSERT ON "grants" WHEN NEW."role" <> 'owner' AND EXISTS
    (SELECT 1 FROM "grants" WHERE "role" = 'owner' AND "person_id" = NEW."person_id" AND "bot_id" = NEW."bot_id") AND
    (SELECT count(*) FROM "grants" WHERE "role" = 'owner') = 1
    BEGIN SELECT RAISE(ABORT, 'last_owner'); END`,
  ...['INSERT', 'UPDATE'].map(
    (verb) => `CREATE TRIGGER "owners_own_all_on_${verb.toLowerCase()}" BEFORE ${verb} ON "grants"
      WHEN NEW."role" = 'owner' AND NEW."bot_id" <> 0 BEGIN SELECT RAISE(ABORT, 'owners_own_all'); END`,
  ),
]

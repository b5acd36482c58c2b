import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Who wanted what, and what came of it: rows are added, and nothing else happens to them. */
export class Audit1700000100008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement.replace(/\s+/g, ' '))
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('audit')
  }
}

const STATEMENTS = [
  `CREATE TABLE "audit" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "at" integer NOT NULL, "door" text NOT NULL,
    "by" text NOT NULL, "name" text NOT NULL, "verb" text NOT NULL, "bot" text, "words" text NOT NULL,
    "result" text NOT NULL, "code" text, "operation" integer, "begun" integer, "key" text NOT NULL)`,
  `CREATE UNIQUE INDEX "audit_by_key" ON "audit" ("key")`,
  `CREATE INDEX "audit_by_bot" ON "audit" ("bot")`,
  `CREATE INDEX "audit_by_begun" ON "audit" ("begun")`,
  ...['UPDATE', 'DELETE'].map(
    (verb) => `CREATE TRIGGER "audit_refuses_${verb.toLowerCase()}" BEFORE ${verb} ON "audit"
      BEGIN SELECT RAISE(ABORT, 'append_only'); END`,
  ),
  // REPLACE deletes without a trigger for it.
  `CREATE TRIGGER "audit_refuses_replace" BEFORE INSERT ON "audit"
    WHEN EXISTS (SELECT 1 FROM "audit" WHERE "id" = NEW."id") BEGIN SELECT RAISE(ABORT, 'append_only'); END`,
  // Whoever does the same again after a kill writes it down again.
  `CREATE TRIGGER "audit_says_it_once" BEFORE INSERT ON "audit"
    WHEN EXISTS (SELECT 1 FROM "audit" WHERE "key" = NEW."key") BEGIN SELECT RAISE(IGNORE); END`,
]

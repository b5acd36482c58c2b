import type { MigrationInterface, QueryRunner } from 'typeorm'

export class Initial1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // On one line: TypeORM reads names of constraints back out of the statement's stored text.
    for (const statement of TABLES) await runner.query(statement.replace(/\s+/g, ' '))
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['kept_containers', 'secrets', 'steps', 'operations', 'releases', 'bots'])
      await runner.dropTable(table)
  }
}

const TABLES = [
  `CREATE TABLE "bots" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "name" text NOT NULL, "repo" text NOT
    NULL, "branch" text, "token_env" text, "telegram_id" integer NOT NULL, "username" text NOT NULL,
    "last_release" integer NOT NULL DEFAULT (0), "created_at" integer NOT NULL, CONSTRAINT
    "UQ_ee9b63333bc7bab441b91449dc7" UNIQUE ("name"), CONSTRAINT "UQ_d79e72860df9e08e4baeb76ec17" UNIQUE
    ("telegram_id"))`,
  `CREATE TABLE "releases" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "bot_id" integer NOT NULL,
    "number" integer NOT NULL, "sha" text NOT NULL, "ref" text NOT NULL, "subject" text NOT NULL, "image" text
    NOT NULL, "image_id" text, "plan" text NOT NULL, "state" text NOT NULL, "proof" text NOT NULL,
    "container_id" text, "replaced" integer, "operation_id" integer NOT NULL, "created_at" integer NOT NULL,
    "activated_at" integer, CONSTRAINT "UQ_8ffef490702e111378d8d7c21b8" UNIQUE ("bot_id", "number"), CONSTRAINT
    "FK_65f986399eec2531283d4461202" FOREIGN KEY ("bot_id") REFERENCES "bots" ("id") ON DELETE NO ACTION ON
    UPDATE NO ACTION)`,
  `CREATE TABLE "operations" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "bot_id" integer NOT NULL,
    "kind" text NOT NULL, "args" text NOT NULL, "requested_by" text NOT NULL, "state" text NOT NULL,
    "cancel_requested" boolean NOT NULL DEFAULT (0), "revision" integer NOT NULL DEFAULT (1), "outcome" text,
    "created_at" integer NOT NULL, "started_at" integer, "ended_at" integer, CONSTRAINT
    "FK_55a8673cf83aaa1668c023d0230" FOREIGN KEY ("bot_id") REFERENCES "bots" ("id") ON DELETE NO ACTION ON
    UPDATE NO ACTION)`,
  `CREATE TABLE "steps" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "operation_id" integer NOT NULL,
    "name" text NOT NULL, "state" text NOT NULL, "detail" text, "started_at" integer NOT NULL, "ended_at"
    integer, CONSTRAINT "FK_719b58b688a445d0df248bbd75d" FOREIGN KEY ("operation_id") REFERENCES "operations"
    ("id") ON DELETE NO ACTION ON UPDATE NO ACTION)`,
  `CREATE TABLE "secrets" ("bot_id" integer NOT NULL, "key" text NOT NULL, "key_id" text NOT NULL, "sealed"
    blob NOT NULL, "updated_at" integer NOT NULL, CONSTRAINT "FK_eb1f5b467b7e8e9101dc75790e2" FOREIGN KEY
    ("bot_id") REFERENCES "bots" ("id") ON DELETE NO ACTION ON UPDATE NO ACTION, PRIMARY KEY ("bot_id", "key"))`,
  `CREATE TABLE "kept_containers" ("container_id" text PRIMARY KEY NOT NULL, "bot_id" integer NOT NULL,
    "release" integer NOT NULL, "paths" text NOT NULL, "kept_at" integer NOT NULL,
    CONSTRAINT "FK_03d34357d39f1cbd8746ef04601" FOREIGN KEY ("bot_id") REFERENCES "bots" ("id")
    ON DELETE NO ACTION ON UPDATE NO ACTION)`,
  `CREATE UNIQUE INDEX "one_active_release" ON "releases" ("bot_id") WHERE state = 'active'`,
  `CREATE INDEX "operations_by_state" ON "operations" ("state", "bot_id")`,
  `CREATE INDEX "steps_by_operation" ON "steps" ("operation_id")`,
]

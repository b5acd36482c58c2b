import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Volumes that came to be by a restore, and those whose place they took. */
export class RestoredVolumes1700000000007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE "bot_volumes" ("name" text PRIMARY KEY NOT NULL, "bot_name" text NOT NULL, "path" text NOT NULL, ` +
        `"state" text NOT NULL, "operation_id" integer NOT NULL, "filled_by" integer, "replaces" text, ` +
        `"since" integer NOT NULL)`,
    )
    await runner.query(`CREATE INDEX "bot_volumes_by_bot" ON "bot_volumes" ("bot_name")`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('bot_volumes')
  }
}

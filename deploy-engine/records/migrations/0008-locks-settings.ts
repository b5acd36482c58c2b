import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Who froze a bot and why; and the settings that a person gave it, also as each release last ran with them. */
export class LocksSettings1700000000008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "bots" ADD COLUMN "lock" text`)
    await runner.query(`ALTER TABLE "bots" ADD COLUMN "env" text NOT NULL DEFAULT ('{}')`)
    await runner.query(`ALTER TABLE "releases" ADD COLUMN "env" text`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "releases" DROP COLUMN "env"`)
    for (const column of ['env', 'lock']) await runner.query(`ALTER TABLE "bots" DROP COLUMN "${column}"`)
  }
}

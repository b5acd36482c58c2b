import type { MigrationInterface, QueryRunner } from 'typeorm'

/** When each backup was last read as a whole, and what was wrong with it. */
export class CheckedBackups1700000000009 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "backups" ADD COLUMN "checked_at" integer`)
    await runner.query(`ALTER TABLE "backups" ADD COLUMN "fault" text`)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const column of ['fault', 'checked_at']) await runner.query(`ALTER TABLE "backups" DROP COLUMN "${column}"`)
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What a person allows a bot, in the place of what its repository says. */
export class Limits1700000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "bots" ADD COLUMN "memory_bytes" integer`)
    await runner.query(`ALTER TABLE "bots" ADD COLUMN "cpus" real`)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const column of ['cpus', 'memory_bytes']) await runner.query(`ALTER TABLE "bots" DROP COLUMN "${column}"`)
  }
}

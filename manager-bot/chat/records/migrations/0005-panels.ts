import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Where a button stands, how it looks, and what becomes of its message; questions that expire. */
export class Panels1700000100005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const column of COLUMNS) await runner.query(`ALTER TABLE "buttons" ADD COLUMN ${column}`)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const column of COLUMNS) await runner.query(`ALTER TABLE "buttons" DROP COLUMN ${column.split(' ')[0]}`)
  }
}

const COLUMNS = [
  '"row" integer NOT NULL DEFAULT (0)',
  '"position" integer NOT NULL DEFAULT (0)',
  '"style" text',
  '"fate" text',
  '"reply" text',
]

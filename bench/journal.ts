import { join } from 'node:path'
import sqlite3 from 'sqlite3'

export type Timed = { name: string; startedAt: number; endedAt: number }

export type LastOperation = { createdAt: number; endedAt: number; steps: Timed[] }

/** The newest operation of an installation and its steps, as its journal has them, ms since the epoch. */
export const lastOperation = async (dataDir: string): Promise<LastOperation> => {
  const [operation] = await ask<LastOperation & { id: number }>(
    dataDir,
    'SELECT id, created_at AS createdAt, ended_at AS endedAt FROM operations ORDER BY id DESC LIMIT 1',
  )
  if (!operation) throw new Error('there is no operation yet')
  const steps = await ask<Timed>(
    dataDir,
    `SELECT name, started_at AS startedAt, ended_at AS endedAt FROM steps
     WHERE operation_id = ${operation.id} ORDER BY id`,
  )
  return { ...operation, steps }
}

export const stepNamed = ({ steps }: LastOperation, name: string): Timed => {
  const found = steps.find((step) => step.name === name)
  if (!found) throw new Error(`the journal has no step ${name}`)
  return found
}

const ask = <T>(dataDir: string, query: string): Promise<T[]> =>
  new Promise((resolve, reject) => {
    const database = new sqlite3.Database(join(dataDir, 'tbs.sqlite'), sqlite3.OPEN_READONLY)
    database.all<T>(query, (error, rows) => {
      database.close()
      if (error) reject(error)
      else resolve(rows)
    })
  })

import type { Command as Verb } from 'commander'
import type { KeyOptions } from './key-options.ts'

/** What only a terminal does with backups: they are files there. What needs the engine is loaded when a verb runs. */
export const addBackupVerbs = (program: Verb): void => {
  const backup = program.commands.find((verb) => verb.name() === 'backup') ?? program
  // Else its own --json would take that of the verbs below it.
  for (const verb of [program, backup]) verb.enablePositionalOptions()
  backup
    .command('download')
    .argument('<backup>', 'the number of a backup')
    .description('Copy the file of a backup out, checked: into this directory, or wherever --output says')
    .option('-o, --output <file>', 'a file that is not there yet, or - for standard output')
    .action(async (id: string, { output }: { output?: string }) => {
      const { downloadBackup } = await import('./backup-download.ts')
      process.exitCode = await downloadBackup(id, output)
    })
  withKey(
    backup
      .command('verify')
      .argument('<backup>', 'the number of a backup, or a file')
      .description('Really unpack a backup and hold all of it against its checksums; changes nothing'),
  ).action(async (which: string, options: KeyOptions) => {
    const { verify } = await import('./backup-file-verbs.ts')
    process.exitCode = await verify(which, options)
  })
  withKey(
    backup
      .command('import')
      .argument('<file>', 'a backup from elsewhere')
      .description('Check a backup from elsewhere and take it among those of this server, to restore it then'),
  ).action(async (file: string, options: KeyOptions) => {
    const { importFile } = await import('./backup-file-verbs.ts')
    process.exitCode = await importFile(file, options)
  })
  program
    .command('recovery-key')
    .description('Make the key that opens backups on any server; it is shown once and not kept')
    .option('--replace', 'make another one, though there is one: later backups are sealed for that')
    .option('--json', 'print JSON')
    .action(async (options: { replace?: true; json?: true }) => {
      const { recoveryKey } = await import('./recovery-key-verb.ts')
      process.exitCode = await recoveryKey(options)
    })
}

const withKey = (verb: Verb): Verb =>
  verb
    .option('--key-file <file>', 'the recovery key, where this server’s own does not open it; - for standard input')
    .option('--json', 'print JSON')

import { Command as Verb } from 'commander'
import { type Command, GIVEN, type Input, parametersOf } from '../command.ts'
import { commands } from '../commands/index.ts'
import { ownVersion } from '../own-version.ts'
import { addBackupVerbs } from './backup-verbs.ts'
import type { DoctorOptions } from './doctor-verb.ts'
import { ONLY_HERE } from './door/elsewhere.ts'
import type { ExecOptions } from './exec-verb.ts'
import type { ImportOptions } from './import-verb.ts'
import type { InstallOptions } from './install/wanted.ts'
import type { UninstallOptions } from './uninstall/uninstall-verb.ts'
import type { UpgradeOptions } from './upgrade/upgrade-verb.ts'
import type { ValidateOptions } from './validate-verb.ts'

/** The table of commands as command-line verbs. What needs the engine is loaded when a verb runs: --help stays fast. */
export const createProgram = (): Verb => {
  const program = new Verb('tbs-manager')
    .description("Deploys and looks after Telegram bots on one's own server")
    .version(ownVersion(), '--version', 'print the version of this package')
    .showHelpAfterError('(tbs-manager --help lists the verbs)')
    .addHelpText('after', '\n--host user@server behind a verb runs it by the manager that is installed on a server.')
  program
    .command('serve')
    .description('Run the manager: listen to its bot, carry operations out')
    .action(async () => {
      const { serveUntilStopped } = await import('./serve-verb.ts')
      process.exitCode = await serveUntilStopped()
    })
  program
    .command('healthcheck')
    .description('End with 0 if a manager runs and is well, else with 1: for the HEALTHCHECK of its container')
    .action(async () => {
      const { healthcheck } = await import('./healthcheck-verb.ts')
      process.exitCode = await healthcheck()
    })
  addInstall(program)
  addUpgrade(program)
  addUninstall(program)
  program
    .command('validate')
    .argument('[directory]', 'a repository', '.')
    .description('Show how a repository would be built and started, and why')
    .option('--path <directory>', 'the directory of the repository that the bot is in')
    .option('--dockerfile', 'print the Dockerfile, too')
    .option('--json', 'print JSON')
    .action(async (directory: string, options: ValidateOptions) => {
      const { validate } = await import('./validate-verb.ts')
      process.exitCode = await validate(directory, options)
    })
  program.command('demo').description('Try it all on this machine, with a local Telegram (npm start does the same)')
  for (const command of commands) {
    if (command.door === 'chat' || command.name === 'help') continue
    if (command.name === 'doctor') {
      addDoctor(program, command)
      continue
    }
    if (command.name === 'explain') {
      addExplain(program, command)
      continue
    }
    const verb = addVerb(program, command)
    if (command.name === 'secret') addSecretVerbs(verb, command)
  }
  addBackupVerbs(program)
  addExecVerb(program)
  addCpVerb(program)
  addImportVerb(program)
  for (const verb of program.commands) if (!ONLY_HERE.includes(verb.name())) verb.addHelpText('after', ON_A_SERVER)
  return program
}

/** Unlike the others it also works where nothing does. */
const addDoctor = (program: Verb, { name, summary, details = '' }: Command): void => {
  program
    .command(name)
    .description(summary)
    .option('--fix', 'do what is safe to do, asking before each')
    .option('--yes', 'with --fix: without asking')
    .option('--json', 'print JSON')
    .addHelpText('after', `\n${details}\nIt ends with 0 if nothing is bad, else with 1.`)
    .action(async (options: DoctorOptions) => {
      const { doctorVerb } = await import('./doctor-verb.ts')
      process.exitCode = await doctorVerb(options)
    })
}

/** It opens no installation: what goes wrong before there is one is explained, too. */
const addExplain = (program: Verb, { name, summary, details = '' }: Command): void => {
  program
    .command(name)
    .argument('<error...>', 'a code, as --json and the audit show it')
    .description(summary)
    .option('--json', 'print JSON')
    .addHelpText('after', `\n${details}`)
    .action(async (words: string[], options: { json?: true }) => {
      const { explainVerb } = await import('./explain-verb.ts')
      process.exitCode = explainVerb(words.join(' '), options)
    })
}

const ON_A_SERVER = `
--host user@server runs it by the manager that is installed there, over SSH; --instance, --port, --key and
--fingerprint as for install.`

const addImportVerb = (program: Verb): void => {
  program
    .command('import')
    .argument('<directory>', 'a deployment directory of telegram-bot-stack, with deploy.yaml in it')
    .description('Make a bot of it, with its settings, secrets and data; the directory stays as it is')
    .option('--repo <url>', 'the git repository that its code is in')
    .option('--branch <branch>', 'a branch of it; absent: its default branch')
    .option('--as <name>', 'the bot’s name here')
    .option(
      '--key-file <file>',
      'what its secrets are encrypted with, where deploy.yaml does not say; - for standard input',
    )
    .option('--git-token-file <file>', 'an access token, if the repository is private and read over https')
    .option('--dry-run', 'only show what would be made')
    .option('--yes', 'do it without asking')
    .option('--json', 'print JSON')
    .action(async (directory: string, options: ImportOptions) => {
      const { importDirectory } = await import('./import-verb.ts')
      process.exitCode = await importDirectory(directory, options)
    })
}

const addExecVerb = (program: Verb): void => {
  program
    .command('exec')
    .arguments('<bot> <command...>')
    .usage('<bot> [-t] -- <command> [arguments]')
    .description('Run a command in a bot’s container, with its input, output and exit code')
    .option('-t, --terminal', 'hand this terminal on, for a shell and the like')
    .action(async (bot: string, command: string[], options: ExecOptions) => {
      const { exec } = await import('./exec-verb.ts')
      process.exitCode = await exec(bot, command, options)
    })
}

const addCpVerb = (program: Verb): void => {
  program
    .command('cp')
    .arguments('<from> <to>')
    .usage('<file or directory> <bot>:<path>, or the other way round')
    .description('Copy into the volumes of a stopped bot, or out of them')
    .action(async (from: string, to: string) => {
      const { cp } = await import('./cp/cp-verb.ts')
      process.exitCode = await cp(from, to)
    })
}

const addInstall = (program: Verb): void => {
  program
    .command('install')
    .argument('[user@host]', 'a server with SSH; without it, this machine')
    .description('Put the manager on a server: Docker, its container, what looks after it')
    .option('--port <number>', 'of its sshd')
    .option('--key <file>', 'a private key to log in with; else your agent’s, your own, or a password')
    .option('--fingerprint <SHA256:…>', 'of its host key, if it was never seen; else you are asked')
    .option('--token-file <file>', 'with the token of the manager’s own bot; else TBS_TOKEN, or you are asked')
    .option('--owner <id>', 'your numeric Telegram id; else a link makes you the owner')
    .option('--instance <name>', 'of this installation, if there are several')
    .option('--yes', 'ask nothing')
    .option('--json', 'print events as JSON, and ask nothing')
    .addHelpText('after', '\nRun again it changes only what is missing. More in docs/installing.md')
    .action(async (host: string | undefined, options: InstallOptions) => {
      const { installVerb } = await import('./install/install-verb.ts')
      process.exitCode = await installVerb(host, options)
    })
}

const withServerOptions = (verb: Verb): Verb =>
  verb
    .option('--port <number>', 'of its sshd')
    .option('--key <file>', 'a private key to log in with')
    .option('--fingerprint <SHA256:…>', 'of its host key, if it was never seen')
    .option('--instance <name>', 'of the installation, if there are several')
    .option('--yes', 'ask nothing')
    .option('--json', 'print events as JSON, and ask nothing')

const addUpgrade = (program: Verb): void => {
  const upgrade = program
    .command('upgrade')
    .argument('[user@host]', 'a server with SSH; without it, this machine')
    .description('Replace the manager by the version that this package is; it is back if that one does not work')
    .option('--rollback', 'go back to the version before')
  withServerOptions(upgrade)
    .addHelpText(
      'after',
      '\nFor the newest version: npx tbs-manager@latest upgrade user@host. More in docs/upgrading.md',
    )
    .action(async (host: string | undefined, options: UpgradeOptions) => {
      const { upgradeVerb } = await import('./upgrade/upgrade-verb.ts')
      process.exitCode = await upgradeVerb(host, options)
    })
  program
    .command('begin-upgrade', { hidden: true })
    .option('--image <image>', 'of the manager; without it, the version before')
    .option('--json', 'print JSON')
    .action(async ({ image }: { image?: string }) => {
      const { begin } = await import('./upgrade/begin-verb.ts')
      process.exitCode = await begin(image, 'terminal')
    })
  program.command(CARRY_OUT, { hidden: true }).action(async () => {
    const { carryOut } = await import('./upgrade/carry-out-verb.ts')
    process.exitCode = await carryOut()
  })
}

/** As the engine calls it; importing that would load it for --help, too. */
const CARRY_OUT: typeof import('../../deploy-engine/index.ts').CARRY_OUT = 'carry-out-upgrade'

const addUninstall = (program: Verb): void => {
  const uninstall = program
    .command('uninstall')
    .argument('[user@host]', 'a server with SSH; without it, this machine')
    .description('Take the manager off a server, after a last backup; its data, keys and backups stay')
    .option('--bots', 'remove the bots, too; else they go on running')
    .option('--data', 'remove data, keys and backups, too; with --bots also the data of the bots')
    .option('--no-backup', 'make no last backup')
  withServerOptions(uninstall).action(async (host: string | undefined, options: UninstallOptions) => {
    const { uninstallVerb } = await import('./uninstall/uninstall-verb.ts')
    process.exitCode = await uninstallVerb(host, options)
  })
}

const addSecretVerbs = (verb: Verb, secret: Command): void => {
  verb
    .command('set')
    .arguments('<bot> <key>')
    .description('Set a variable; its value comes on standard input')
    .option('--json', 'print JSON')
    .action(async (bot: string, key: string, { json = false }: { json?: boolean }) => {
      const { runVerb } = await import('./run-verb.ts')
      process.exitCode = await runVerb(secret, { bot, key }, { json })
    })
  verb
    .command('rotate-key')
    .description('Make a new master key, and encrypt everything with it')
    .option('--json', 'print JSON')
    .action(async ({ json = false }: { json?: boolean }) => {
      const { changeMasterKey } = await import('./rotate-key-verb.ts')
      process.exitCode = await changeMasterKey({ json })
    })
}

const addVerb = (program: Verb, command: Command): Verb => {
  const { positional, options } = parametersOf(command)
  const verb = program.command(command.name).description(command.summary).usage(`${command.usage} [--json]`.trim())
  if (command.details) verb.addHelpText('after', `\n${command.details}`)
  // All optional here, so that a missing one is said by the command itself, with the bots to choose from.
  for (const { name, rest } of positional) verb.argument(rest ? `[${name}...]` : `[${name}]`)
  for (const { name, value } of options) verb.option(value === undefined ? `--${name}` : `--${name} <${value}>`)
  verb.option('--json', 'print JSON')
  verb.action(async () => {
    const { json, ...given }: { json?: true } & Record<string, string | true> = verb.opts()
    const { runVerb } = await import('./run-verb.ts')
    const words = positional.flatMap(({ name, rest }, index) => {
      const given = rest ? verb.args.slice(index) : verb.args.slice(index, index + 1)
      return given.length === 0 ? [] : [[name, given.join(' ')]]
    })
    const chosen = Object.entries(given).map(([name, value]) => [name, value === true ? GIVEN : value])
    const input: Input = Object.fromEntries([...words, ...chosen])
    process.exitCode = await runVerb(command, input, { json: json ?? false })
  })
  return verb
}

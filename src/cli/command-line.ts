// Arguments -> one command with decoded values -> an exit code.

import yargs from 'yargs';

import { AlarmSyncError } from '../alarm/errors.ts';
import type { Command, HostEnvironment } from './command.ts';
import { tellThrown } from './command-end.ts';
import { EventWriter } from './events.ts';
import { OUTPUT_FLAGS } from './flag-groups.ts';
import { FLAGS, type Flag, type FlagKind, type FlagName } from './flags.ts';
import { ProgressDisplay } from './progress.ts';
import { HumanLog } from './message-log.ts';
import { openLog } from './open-log.ts';
import { StopControl } from './stop.ts';
import { Terminal } from './terminal.ts';
import { mergeValues, required, type Values } from './values.ts';
import { VERSION } from './version.ts';
import { watched } from './watching.ts';

/**
 * Each command by its name, in the order of the help. Only the one that is asked for is loaded: with that, the YAML reader and the HTTP
 * client left until they are needed, a plan that ends at once takes 0.8 x the time (10 runs in turn).
 */
const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  sync: async () => (await import('./commands/sync.ts')).syncCommand,
  plan: async () => (await import('./commands/plan.ts')).planCommand,
  apply: async () => (await import('./commands/apply.ts')).applyCommand,
  resume: async () => (await import('./commands/resume.ts')).resumeCommand,
  rollback: async () => (await import('./commands/rollback.ts')).rollbackCommand,
  status: async () => (await import('./commands/status.ts')).statusCommand,
  runs: async () => (await import('./commands/status.ts')).runsCommand,
  show: async () => (await import('./commands/show.ts')).showCommand,
  explain: async () => (await import('./commands/explain.ts')).explainCommand,
  report: async () => (await import('./commands/report.ts')).reportCommand,
  verify: async () => (await import('./commands/verify.ts')).verifyCommand,
  adopt: async () => (await import('./commands/adopt.ts')).adoptCommand,
  validate: async () => (await import('./commands/validate.ts')).validateCommand,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  generate: async () => (await import('./commands/generate.ts')).generateCommand,
  config: async () => (await import('./commands/config.ts')).configCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  observe: async () => (await import('./commands/observe.ts')).observeCommand,
  worker: async () => (await import('./commands/worker.ts')).workerCommand,
  serve: async () => (await import('./commands/serve.ts')).serveCommand,
  gc: async () => (await import('./commands/gc.ts')).gcCommand,
};

/** Of flags that take no value. */
const YARGS_TYPES: Readonly<Partial<Record<FlagKind, string>>> = { switch: 'boolean', repeat: 'count' };

const OPERAND_MARK = '\0';

/** What yargs understood, in texts. */
interface Parsed {
  readonly command: Command;
  readonly positionals: ReadonlyMap<string, string>;
  readonly given: ReadonlyMap<string, string>;
}

/** Runs one command line to its end. Gives the exit code; never throws. */
export async function runCommandLine(argv: readonly string[], host: NodeJS.Process): Promise<number> {
  let terminal = new Terminal(
    host,
    { isJson: false, wantsBars: false },
    new HumanLog(host.stderr, 'info', hasColor(host)),
  );
  let events: EventWriter | undefined;
  try {
    const parsed = await parse(argv, (text) => terminal.result(text));
    if (parsed === undefined) return 0;
    const { values, sections } = await mergeValues(parsed.command.flags, parsed.given, host.env, (message) =>
      terminal.log.warn(message),
    );
    using log = await openLog(values, host, hasColor(host));
    terminal = new Terminal(
      host,
      { isJson: values.isOn('json'), wantsBars: !values.isOn('quiet') && log instanceof HumanLog },
      log,
    );
    using stop = new StopControl(host, (message) => terminal.log.info(message));
    using openEvents = openEventWriter(terminal, values);
    events = openEvents;
    const maxDurationMs = values.durationMs('max-duration');
    if (maxDurationMs !== undefined) stop.limitDuration(maxDurationMs);
    using _progress = await ProgressDisplay.open(terminal);
    const environment = hostEnvironment(host.env);
    const context = {
      values,
      sections,
      terminal,
      host: environment,
      stop,
      nowEpochMs: Date.now,
      positionals: parsed.positionals,
      events: openEvents,
      trace: null,
      standardInput: host.stdin,
    };
    const { command } = parsed;
    if (command.watchesTargets === true && sections.targets !== null) return await command.run(context);
    return await watched(context, command, async (own) => command.run(own));
  } catch (thrown) {
    return tellThrown(thrown, terminal, events);
  }
}

function openEventWriter(terminal: Terminal, values: Values): EventWriter | undefined {
  if (!terminal.settings.isJson) return undefined;
  const operations = required(values.choice('json-operations', ['all', 'errors', 'none']));
  return EventWriter.open(terminal, operations, VERSION);
}

function hostEnvironment(environment: NodeJS.ProcessEnv): HostEnvironment {
  const variable = (name: string): string | undefined => environment[name] ?? environment[name.toLowerCase()];
  const httpProxy = variable('HTTP_PROXY');
  const httpsProxy = variable('HTTPS_PROXY');
  const noProxy = variable('NO_PROXY');
  return {
    token: environment['ALARMSYNC_TOKEN'],
    tokenFile: environment['ALARMSYNC_TOKEN_FILE'],
    datadog: {
      apiKey: environment['DD_API_KEY'],
      applicationKey: environment['DD_APP_KEY'],
      site: environment['DD_SITE'],
    },
    openStackProjectId: environment['OS_PROJECT_ID'],
    variable: (name) => environment[name],
    proxy: {
      ...(httpProxy === undefined ? {} : { httpProxy }),
      ...(httpsProxy === undefined ? {} : { httpsProxy }),
      ...(noProxy === undefined ? {} : { noProxy }),
    },
  };
}

function hasColor(host: NodeJS.Process): boolean {
  return (host.env['NO_COLOR'] ?? '') === '' && host.env['TERM'] !== 'dumb';
}

/** Undefined when help or the version was asked for and told. */
async function parse(argv: readonly string[], tell: (text: string) => void): Promise<Parsed | undefined> {
  const parser = yargs()
    .scriptName('alarmsync')
    .usage('$0 COMMAND\n\nMakes an alarm service hold exactly what one file says.')
    // Numbers and dots in arguments are text until a flag's own decoder reads them: `1e3` is a name.
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': false,
      'boolean-negation': false,
    })
    .version(VERSION)
    .help()
    .options(Object.fromEntries(OUTPUT_FLAGS.map((flag) => [flag, optionOf(flag)])))
    .strict()
    .recommendCommands()
    .demandCommand(1, 'expected a command')
    .wrap(110)
    .exitProcess(false)
    .epilogue('Every flag is also ALARMSYNC_FLAG_NAME in the environment and a key in the --config file.');
  for (const command of await loadCommands(argv)) {
    parser.command({
      command: command.usage,
      describe: command.meaning,
      builder: (options) => {
        for (const name of positionalNames(command)) options.positional(name, { type: 'string' });
        for (const flag of command.flags) {
          if (!OUTPUT_FLAGS.includes(flag)) options.option(flag, optionOf(flag));
        }
        return options.example(command.example, '');
      },
      handler: (found) => {
        throw new Understood({ command, ...textsOf(command, found) });
      },
    });
  }
  try {
    await parser.parseAsync(
      hideOperands(argv),
      {},
      (error: Error | null | undefined, _found: unknown, output: string) => {
        if (error !== undefined && error !== null) {
          throw new AlarmSyncError('ALARMSYNC_CLI_USAGE', error.message.replaceAll(/\s+/gu, ' '), {
            hint: 'see alarmsync --help, or alarmsync COMMAND --help',
          });
        }
        if (output !== '') tell(output);
      },
    );
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Understood) return thrown.parsed;
    throw thrown;
  }
}

/**
 * Ends a parsing where its command is known. yargs would go on and lay out the command's help, in case somebody asks for it later:
 * 0.1 s of the 0.65 s until a plan begins.
 */
class Understood extends Error {
  readonly parsed: Parsed;

  constructor(parsed: Parsed) {
    super('understood');
    this.parsed = parsed;
  }
}

/** The command that is asked for: whichever has its name among the arguments. All of them where none has. */
async function loadCommands(argv: readonly string[]): Promise<readonly Command[]> {
  const all = Object.entries(LOADERS);
  const named = all.filter(([name]) => argv.includes(name));
  return Promise.all((named.length === 0 ? all : named).map(async ([, load]) => load()));
}

/**
 * Puts a mark that no argument can hold before `-` and before each argument after `--`: yargs would make the one
 * empty, and take `--x` there for a flag, or not for an argument at all.
 */
function hideOperands(argv: readonly string[]): string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const before = argv
    .slice(0, end)
    .map((argument) => (argument === '-' ? OPERAND_MARK + argument : argument));
  return [...before, ...argv.slice(end + 1).map((operand) => OPERAND_MARK + operand)];
}

function optionOf(name: FlagName): Record<string, unknown> {
  const flag: Flag = FLAGS[name];
  return {
    type: YARGS_TYPES[flag.kind] ?? 'string',
    describe: flag.default === undefined ? flag.meaning : `${flag.meaning} [${flag.default}]`,
    ...(flag.choices === undefined ? {} : { choices: flag.choices }),
    ...(flag.alias === undefined ? {} : { alias: flag.alias }),
    ...(YARGS_TYPES[flag.kind] === undefined ? { requiresArg: true } : {}),
  };
}

function positionalNames(command: Command): readonly string[] {
  return [...command.usage.matchAll(/[<[](\w+)[>\]]/gu)].map((match) => match[1] ?? '');
}

function textsOf(
  command: Command,
  found: Readonly<Record<string, unknown>>,
): Pick<Parsed, 'positionals' | 'given'> {
  const given = new Map<string, string>();
  for (const flag of command.flags) {
    const value = found[flag];
    const isGiven = typeof value === 'string' || typeof value === 'boolean' || Number(value) > 0;
    if (isGiven) given.set(flag, String(value).replace(OPERAND_MARK, ''));
  }
  const positionals = new Map<string, string>();
  for (const name of positionalNames(command)) {
    const value = found[name];
    if (typeof value === 'string') positionals.set(name, value.replace(OPERAND_MARK, ''));
  }
  return { positionals, given };
}

// Flags, environment and configuration file -> decoded values: flag over environment over file over default.

import { AlarmSyncError } from '../alarm/errors.ts';
import { DEFAULT_CLOUDWATCH_SETTINGS } from '../services/cloudwatch/settings.ts';
import type { Limit } from '../store/run-settings.ts';
import type { ConfigFile, ConfigSections } from './config-file.ts';
import { FLAGS, type Flag, type FlagName } from './flags.ts';

/** Texts as given, by flag name; a switch is `true` or `false`. */
export type GivenFlags = ReadonlyMap<string, string>;

const NO_FILE: ConfigFile = {
  flags: new Map(),
  sections: {
    contacts: {},
    secrets: {},
    cloudwatch: DEFAULT_CLOUDWATCH_SETTINGS,
    downtimes: null,
    account: null,
    targets: null,
  },
};

const SECRET_VARIABLES: ReadonlySet<string> = new Set([
  'ALARMSYNC_TOKEN',
  'ALARMSYNC_TOKEN_FILE',
  'ALARMSYNC_QUEUE_USERNAME',
  'ALARMSYNC_QUEUE_PASSWORD',
]);

const DURATION_UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The values of one command's flags. Each getter decodes, and throws ALARMSYNC_CLI_USAGE for what it cannot. */
export class Values {
  readonly #texts: ReadonlyMap<string, string>;
  /** Flags of the command that only a file could have set: a target may say otherwise. */
  readonly #open: ReadonlySet<string>;

  constructor(texts: ReadonlyMap<string, string>, open: ReadonlySet<string> = new Set()) {
    this.#texts = texts;
    this.#open = open;
  }

  /** With what a target says, where neither the command line nor the environment said it. */
  ofTarget(texts: ReadonlyMap<string, string>): Values {
    const own = [...texts].filter(([flag]) => this.#open.has(flag));
    return new Values(new Map([...this.#texts, ...own]), this.#open);
  }

  /** With these, whoever said otherwise. */
  with(texts: Readonly<Partial<Record<FlagName, string>>>): Values {
    return new Values(new Map([...this.#texts, ...Object.entries(texts)]), this.#open);
  }

  /** True for a flag of the command line or the environment. */
  isFixed(flag: FlagName): boolean {
    return this.#texts.has(flag) && !this.#open.has(flag);
  }

  isOn(flag: FlagName): boolean {
    const text = this.#texts.get(flag) ?? 'false';
    if (['true', '1', 'yes', 'on'].includes(text)) return true;
    if (['false', '0', 'no', 'off', ''].includes(text)) return false;
    throw wrong(flag, 'true or false', text);
  }

  /** How often a flag was given; `true` is once. */
  repeats(flag: FlagName): number {
    const text = this.#texts.get(flag) ?? '0';
    return /^\d$/u.test(text) ? Number(text) : Number(this.isOn(flag));
  }

  text(flag: FlagName): string | undefined {
    return this.#texts.get(flag);
  }

  required(flag: FlagName): string {
    const text = this.#texts.get(flag);
    if (text !== undefined && text !== '') return text;
    throw new AlarmSyncError('ALARMSYNC_CLI_USAGE', `expected --${flag}`, { hint: FLAGS[flag].meaning });
  }

  list(flag: FlagName): readonly string[] {
    return (this.#texts.get(flag) ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  }

  choice<const Choice extends string>(flag: FlagName, choices: readonly Choice[]): Choice | undefined {
    const text = this.#texts.get(flag);
    if (text === undefined) return undefined;
    const found = choices.find((choice) => choice === text);
    if (found === undefined) throw wrong(flag, `one of ${choices.join(', ')}`, text);
    return found;
  }

  count(flag: FlagName, atLeast = 0): number | undefined {
    const text = this.#texts.get(flag);
    if (text === undefined) return undefined;
    const count = /^\d{1,15}$/u.test(text) ? Number(text) : -1;
    if (count < atLeast) throw wrong(flag, `a whole number from ${atLeast}`, text);
    return count;
  }

  number(flag: FlagName): number | undefined {
    const text = this.#texts.get(flag);
    if (text === undefined) return undefined;
    if (!/^\d{1,12}(\.\d{1,6})?$/u.test(text)) throw wrong(flag, 'a number from 0', text);
    return Number(text);
  }

  durationMs(flag: FlagName, atLeastMs = 0): number | undefined {
    const text = this.#texts.get(flag);
    if (text === undefined) return undefined;
    const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/u.exec(text);
    const unitMs = DURATION_UNITS_MS[match?.[2] ?? ''];
    if (unitMs === undefined) throw wrong(flag, 'a duration such as 500ms, 3s, 5m or 2h', text);
    const durationMs = Number(match?.[1]) * unitMs;
    if (durationMs < atLeastMs) throw wrong(flag, `at least ${atLeastMs}ms`, text);
    return durationMs;
  }

  limit(flag: FlagName): Limit | null {
    const text = this.#texts.get(flag);
    if (text === undefined) return null;
    const match = /^(\d{1,15}|\d{1,3}\.\d{1,6})(%?)$/u.exec(text);
    if (match === null || (match[2] === '' && text.includes('.'))) {
      throw wrong(flag, 'a count such as 50 or a percentage such as 5%', text);
    }
    return match[2] === '%' ? { percent: Number(match[1]) } : { count: Number(match[1]) };
  }
}

/** The default of a flag that has one. @throws {Error} for one that has none: a defect. */
export function required<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('expected a flag with a default');
  return value;
}

/**
 * Merges the four sources for the flags that a command takes; the others keep their defaults. `warn` hears of variables that no flag knows.
 * @throws {ALARMSYNC_CLI_USAGE} for a configuration file that cannot be read, or a key that no flag knows.
 */
export async function mergeValues(
  flags: readonly FlagName[],
  given: GivenFlags,
  environment: NodeJS.ProcessEnv,
  warn: (message: string) => void,
): Promise<{ readonly values: Values; readonly sections: ConfigSections }> {
  const texts = new Map<string, string>();
  for (const [flag, entry] of Object.entries<Flag>(FLAGS)) {
    if (entry.default !== undefined) texts.set(flag, entry.default);
  }
  const fromEnvironment = environmentTexts(environment, warn);
  const configFile = given.get('config') ?? fromEnvironment.get('config');
  const { flags: fromFile, sections } = configFile === undefined ? NO_FILE : await readConfig(configFile);
  for (const source of [fromFile, fromEnvironment, given]) {
    for (const flag of flags) {
      const text = source.get(flag);
      if (text !== undefined) texts.set(flag, text);
    }
  }
  const open = flags.filter((flag) => !fromEnvironment.has(flag) && !given.has(flag));
  return { values: new Values(texts, new Set(open)), sections };
}

function environmentTexts(
  environment: NodeJS.ProcessEnv,
  warn: (message: string) => void,
): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [variable, text] of Object.entries(environment)) {
    if (
      !variable.startsWith('ALARMSYNC_') ||
      SECRET_VARIABLES.has(variable) ||
      text === undefined ||
      text === ''
    )
      continue;
    const flag = variable.slice('ALARMSYNC_'.length).toLowerCase().replaceAll('_', '-');
    if (isFlagName(flag)) texts.set(flag, text);
    else warn(`${variable} is set, but there is no flag --${flag}; it is passed over`);
  }
  return texts;
}

/** Loaded only here: most commands are given no file. */
async function readConfig(file: string): Promise<ConfigFile> {
  const { readConfigFile } = await import('./config-file.ts');
  return readConfigFile(file);
}

function isFlagName(name: string): name is FlagName {
  return Object.hasOwn(FLAGS, name);
}

function wrong(flag: FlagName, expected: string, got: string): AlarmSyncError {
  return new AlarmSyncError('ALARMSYNC_CLI_USAGE', `--${flag}: expected ${expected}, got "${got}"`, {
    hint: FLAGS[flag].meaning,
  });
}

// What a command is, and what it is given.

import type { DatadogAccount } from '../services/datadog/datadog.ts';
import type { ProxySettings } from '../services/http.ts';
import type { RequestTrace } from '../telemetry/request-sampler.ts';
import type { ConfigSections } from './config-file.ts';
import type { EventWriter } from './events.ts';
import type { FlagName } from './flags.ts';
import type { StopControl } from './stop.ts';
import type { Terminal } from './terminal.ts';
import type { Values } from './values.ts';

/** Secrets and addresses that only the environment gives. */
export interface HostEnvironment {
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
  readonly datadog: DatadogAccount;
  readonly openStackProjectId: string | undefined;
  /** Any other variable, for a secret that the configuration file refers to. */
  readonly variable: (name: string) => string | undefined;
  readonly proxy: ProxySettings;
}

export interface CommandContext {
  /** Arguments by the name they have in `usage`; texts as typed. */
  readonly positionals: ReadonlyMap<string, string>;
  readonly values: Values;
  /** What the configuration file says besides flags. */
  readonly sections: ConfigSections;
  readonly terminal: Terminal;
  /** Undefined without --json. */
  readonly events: EventWriter | undefined;
  readonly stop: StopControl;
  /** Of this command, for requests in other threads; null when it is not traced. */
  readonly trace: RequestTrace | null;
  readonly host: HostEnvironment;
  readonly standardInput: NodeJS.ReadStream;
  readonly nowEpochMs: () => number;
}

export interface Command {
  /** As yargs reads it: `plan <file>`. */
  readonly usage: string;
  readonly meaning: string;
  readonly example: string;
  readonly flags: readonly FlagName[];
  /** True for one that has each target watched by itself, where the configuration file has several. */
  readonly watchesTargets?: boolean;
  /** Gives the exit code. */
  readonly run: (context: CommandContext) => Promise<number>;
}

/** The argument of that name. @throws {Error} when the usage does not demand it: a defect. */
export function positional(context: CommandContext, name: string): string {
  const text = context.positionals.get(name);
  if (text === undefined) throw new Error(`expected the argument ${name}`);
  return text;
}

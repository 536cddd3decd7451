// The configuration's targets and the flags -> which of them are meant, who takes which rows, and what a command is given for one.

import path from 'node:path';

import { globTest } from '../../alarm/glob.ts';
import { AlarmSyncError } from '../../alarm/errors.ts';
import type { Dealing } from '../../pipeline/source/source.ts';
import type { TargetShare } from '../../store/run-settings.ts';
import type { CommandContext } from '../command.ts';
import type { FlagName } from '../flags.ts';
import type { Target } from '../target-config.ts';
import { required, type Values } from '../values.ts';

/** True when the configuration file has targets. @throws {ALARMSYNC_CLI_USAGE} for --target where it has none. */
export function hasTargets({ sections, values }: Pick<CommandContext, 'sections' | 'values'>): boolean {
  if (sections.targets !== null) return true;
  if (values.text('target') === undefined) return false;
  throw new AlarmSyncError(
    'ALARMSYNC_CLI_USAGE',
    'expected a section targets in the configuration file, which --target chooses from, got none',
    { hint: 'name the file with --config, or the one service with --service' },
  );
}

/**
 * Those that --target chooses, in the order of the file; all of them without it.
 * @throws {ALARMSYNC_CLI_USAGE} for a pattern that chooses none, and for --service beside them.
 */
export function chosenTargets({
  sections,
  values,
}: Pick<CommandContext, 'sections' | 'values'>): readonly Target[] {
  const all = sections.targets ?? [];
  for (const flag of ['service', 'scope'] as const) {
    if (!values.isFixed(flag)) continue;
    throw new AlarmSyncError(
      'ALARMSYNC_CLI_USAGE',
      `expected no --${flag} beside the targets of the configuration file, where each has its own`,
      { hint: 'choose among them with --target, or leave out --config' },
    );
  }
  const patterns = values.list('target');
  if (patterns.length === 0) return all;
  const tests = patterns.map((pattern) => ({ pattern, test: globTest(pattern) }));
  const useless = tests.find(({ test }) => !all.some(({ name }) => test(name)));
  if (useless !== undefined) {
    throw new AlarmSyncError(
      'ALARMSYNC_CLI_USAGE',
      `--target: expected the name of a target, got "${useless.pattern}"`,
      { hint: `there are ${all.map(({ name }) => name).join(', ')}` },
    );
  }
  return all.filter(({ name }) => tests.some(({ test }) => test(name)));
}

/** The one that --target names. @throws {ALARMSYNC_CLI_USAGE} when it is several. */
function oneTarget(context: Pick<CommandContext, 'sections' | 'values'>): Target {
  const chosen = chosenTargets(context);
  const [first] = chosen;
  if (first !== undefined && chosen.length === 1) return first;
  throw new AlarmSyncError(
    'ALARMSYNC_CLI_USAGE',
    `expected one target, got ${chosen.length}: ${chosen.map(({ name }) => name).join(', ')}`,
    { hint: 'choose one with --target' },
  );
}

/** For a command of one service: what it is given, with the settings of the target that --target names where there is one. */
export function ofOneTarget(context: CommandContext): CommandContext {
  const isAsked = context.values.text('target') !== undefined || !context.values.isFixed('service');
  return hasTargets(context) && isAsked ? contextOf(context, oneTarget(context)) : context;
}

/** The target of that name. @throws {ALARMSYNC_CLI_USAGE} when the configuration has none. */
export function requireTarget({ sections }: Pick<CommandContext, 'sections'>, name: string): Target {
  const found = sections.targets?.find((target) => target.name === name);
  if (found !== undefined) return found;
  throw new AlarmSyncError(
    'ALARMSYNC_CLI_USAGE',
    `expected the target ${name} of the run in the configuration file, got ${sections.targets === null ? 'no targets' : 'others'}`,
    { hint: 'give the run the --config that it was planned with: credentials and quotas stand there' },
  );
}

/**
 * Who takes which rows, and what holds for all of the chosen ones.
 * @throws {ALARMSYNC_CLI_USAGE} unless each target has a scope, or a column names them.
 */
export function shareOf(context: CommandContext, chosen: readonly Target[]): Omit<TargetShare, 'name'> {
  const { values, sections } = context;
  const column = values.text('target-column') ?? null;
  const all = (sections.targets ?? []).map(({ name, flags }) => ({
    name,
    scope: flags.get('scope') ?? null,
  }));
  const wrong = all.filter(({ scope }) => (scope === null) === (column === null)).map(({ name }) => name);
  if (wrong.length > 0) {
    throw new AlarmSyncError(
      'ALARMSYNC_CLI_USAGE',
      column === null
        ? `expected a scope for each target, or target-column, got neither for ${wrong.join(', ')}`
        : `expected a scope for each target or target-column, got both for ${wrong.join(', ')}`,
      {
        hint: 'a row is taken by the target whose scope its name matches, or whose name stands in the column',
      },
    );
  }
  return {
    column,
    all,
    chosen: chosen.map(({ name }) => name),
    onUnclaimed: required(values.choice('on-unclaimed', ['fail', 'skip'])),
    onFailure: required(values.choice('on-target-failure', ['stop', 'continue'])),
    maxDelete: values.limit('max-delete-all'),
    maxUpdate: values.limit('max-update-all'),
    maxCreate: values.limit('max-create-all'),
  };
}

/** As it is kept in a run. */
export function dealingOf({ column, all, onUnclaimed }: Omit<TargetShare, 'name'>): Dealing {
  return { column, targets: all, onUnclaimed };
}

/** What a command is given for one target: its settings over those of all, tags and files that say which it is. */
export function contextOf(context: CommandContext, target: Target): CommandContext {
  const { sections } = context;
  return {
    ...context,
    values: ownFiles(context.values.ofTarget(target.flags), target.name),
    sections: {
      ...sections,
      account: target.account,
      contacts: target.contacts ?? sections.contacts,
      cloudwatch: target.cloudwatch ?? sections.cloudwatch,
      secrets: target.secrets ?? sections.secrets,
      downtimes: target.downtimes ?? sections.downtimes,
    },
  };
}

/** Several targets do not write one file. */
function ownFiles(values: Values, name: string): Values {
  const own: Partial<Record<FlagName, string>> = {
    tag: [...values.list('tag'), `target:${name}`].join(','),
  };
  for (const flag of ['metrics-file', 'rejects'] as const) {
    const file = values.text(flag);
    if (file !== undefined) own[flag] = fileOf(file, name);
  }
  return values.with(own);
}

/** Shape: `rejects.csv` of `eu` is `rejects-eu.csv`. */
function fileOf(file: string, name: string): string {
  const { dir, name: base, ext } = path.parse(file);
  return path.join(dir, `${base}-${name}${ext}`);
}

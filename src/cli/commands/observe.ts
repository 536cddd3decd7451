// `alarmsync observe`: a dashboard, a monitor and two downtimes that show and watch alarmsync itself.

import { AlarmSyncError } from '../../alarm/errors.ts';
import { stringifyJson, type JsonValue } from '../../alarm/json.ts';
import { safe } from '../../pipeline/report/escape.ts';
import type { FieldDifference, Goal, Step } from '../../services/datadog/observe/observe.ts';
import { positional, type Command } from '../command.ts';
import { exitCodeOf } from '../exit-code.ts';
import { OUTPUT_FLAGS, PACE_FLAGS } from '../flag-groups.ts';
import { observeWishOf } from '../observe-wish.ts';
import { connectObservation, paceOf } from '../session.ts';
import { ofOneTarget } from '../targets/choice.ts';
import type { Terminal } from '../terminal.ts';

const GOALS = ['install', 'diff', 'remove'] as const;

/** Longest text of a field that is shown. */
const MAX_SHOWN_CHARACTER_COUNT = 200;

type Action = Step['action'];

/** How each step is told: what is left to do, or what was done. */
const WORDS: Readonly<Record<Goal, Readonly<Record<Action, string>>>> = {
  install: { create: 'created', update: 'updated', delete: '', none: 'unchanged', conflict: 'conflict' },
  diff: { create: 'to create', update: 'to update', delete: '', none: 'unchanged', conflict: 'conflict' },
  remove: { create: '', update: '', delete: 'removed', none: 'not there', conflict: 'conflict' },
};

export const observeCommand: Command = {
  usage: 'observe <action>',
  meaning:
    'Watch alarmsync itself by its metrics: install, diff or remove a dashboard, a monitor and two downtimes',
  example: 'alarmsync observe install --service datadog: --every 24h --notify @ops@example.com',
  flags: [
    'service',
    'target',
    'tag',
    'notify',
    'every',
    'warning',
    'critical',
    'no-data',
    'timezone',
    ...PACE_FLAGS.filter((flag) => flag !== 'page-size' && flag !== 'lock-timeout'),
    ...OUTPUT_FLAGS,
  ],
  async run(given) {
    const context = ofOneTarget(given);
    const { values, terminal, events, stop } = context;
    const goal = goalOf(positional(context, 'action'));
    const wish = observeWishOf(values);
    await using connection = await connectObservation(context, values.required('service'), wish);
    const { retryCount, settleTimeMs } = paceOf(context);
    const settings = { retries: retryCount, random: Math.random, settleTimeMs };
    const counts = new Map<Action, number>();
    for await (const step of connection.observation.steps(goal, settings, stop.stop)) {
      counts.set(step.action, (counts.get(step.action) ?? 0) + 1);
      events?.observed(step);
      tellStep(terminal, step, goal);
    }
    terminal.result(summaryOf(counts, goal));
    const isDifferent = goal === 'diff' && (counts.has('create') || counts.has('update'));
    return exitCodeOf([counts.has('conflict') ? 4 : 0, isDifferent ? 2 : 0]);
  },
};

/** @throws {ALARMSYNC_CLI_USAGE} */
function goalOf(text: string): Goal {
  const goal = GOALS.find((one) => one === text);
  if (goal !== undefined) return goal;
  throw new AlarmSyncError('ALARMSYNC_CLI_USAGE', `expected one of ${GOALS.join(', ')}, got "${text}"`, {
    hint: 'see alarmsync observe --help',
  });
}

function tellStep(terminal: Terminal, { kind, title, action, differences, ids }: Step, goal: Goal): void {
  terminal.result(`${WORDS[goal][action].padEnd(9)}  ${kind.padEnd(9)}  ${safe(title)}`);
  for (const difference of differences) terminal.result(`  ${fieldText(difference)}`);
  if (action === 'conflict')
    terminal.log.warn(
      `expected one ${kind} with the marks of "${title}", got several (${ids.join(', ')}); none was touched: delete the one that is not meant`,
    );
}

function fieldText({ field, held, wanted }: FieldDifference): string {
  return safe(`${field}: ${shown(held)} -> ${shown(wanted)}`);
}

function shown(value: JsonValue | undefined): string {
  if (value === undefined) return '(absent)';
  const text = stringifyJson(value);
  return text.length > MAX_SHOWN_CHARACTER_COUNT ? `${text.slice(0, MAX_SHOWN_CHARACTER_COUNT)}…` : text;
}

function summaryOf(counts: ReadonlyMap<Action, number>, goal: Goal): string {
  const actions: readonly Action[] = goal === 'remove' ? ['delete', 'none'] : ['create', 'update', 'none'];
  const parts = actions.map((action) => `${counts.get(action) ?? 0} ${WORDS[goal][action]}`);
  const conflictCount = counts.get('conflict') ?? 0;
  return `Observe: ${[...parts, ...(conflictCount === 0 ? [] : [`${conflictCount} in conflict`])].join(', ')}.`;
}

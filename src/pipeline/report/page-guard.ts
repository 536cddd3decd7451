// The limits of a plan and how they came about -> the arithmetic, step by step, and whether the plan was accepted.

import type { LimitCheck } from '../../store/plan-summary.ts';
import type { Run } from '../../store/run-table.ts';
import type { ReportFigures } from './figures.ts';
import { counted, markup, numberText, paragraphs, section, type Html } from './html.ts';
import { durationText } from './summary.ts';

/** The limits of each kind of definition; computed by whoever owns the rules. */
export interface Limits {
  readonly alarms: readonly LimitCheck[];
  /** [] where the plan leaves them alone, or does not say how many there are. */
  readonly downtimes: readonly LimitCheck[];
}

export function guardSection({ run }: ReportFigures, limits: Limits): Html {
  const title = 'Limits';
  if (run.summary === null)
    return section('limits', title, paragraphs('There is no whole plan yet, so no limit was checked.'));
  return section(
    'limits',
    title,
    paragraphs(
      `The service holds ${counted(run.summary.existingCount, 'alarm')}, ${numberText(run.summary.existingInScopeCount)} of them in scope. A plan is refused when it is over a limit, not when it meets it.`,
    ),
    checksList('Limits of alarms', limits.alarms),
    limits.downtimes.length === 0 ? markup`` : checksList('Limits of downtimes', limits.downtimes),
    verdict(run),
  );
}

/** What will be asked of the service, as it was foreseen when the plan was made. */
export function forecastSection({ run }: ReportFigures): Html {
  const { summary } = run;
  if (summary === null)
    return section('forecast', 'Forecast', paragraphs('There is no whole plan yet, so nothing is foreseen.'));
  const { requestCount, durationMs } = summary.forecast;
  return section(
    'forecast',
    'Forecast',
    paragraphs(
      `When the plan was made, applying it was foreseen to take ${counted(requestCount, 'request')}, retries not counted.`,
      durationMs === null
        ? 'How long that takes was not foreseen, since no quota was set.'
        : `At the quota that was set that takes ${durationText(durationMs)}.`,
    ),
  );
}

const VERBS: Readonly<Record<LimitCheck['action'], string>> = {
  create: 'Creates',
  update: 'Updates',
  delete: 'Deletes',
};

/** One box a limit: what the plan has, what is allowed, whether that holds, and how the limit came about. */
function checksList(title: string, checks: readonly LimitCheck[]): Html {
  const boxes = checks.map(
    (check) =>
      markup`<li>
        <strong>${VERBS[check.action]}: ${check.plannedCount}, ${allowedOf(check)}</strong>
        ${resultOf(check)}
        <p class="note">${arithmetic(check)}.</p>
      </li>\n`,
  );
  return markup`<h3>${title}</h3>
    <ul class="checks">
      ${boxes}
    </ul>\n`;
}

/** Shape: `30 % of 100 = 30 + 10 % of 900 = 90; together 120; at least 10, but at most half of 1 000, 500`. */
export function arithmetic(check: LimitCheck): string {
  const { given, flag, shares, existingCount, floorCount, ceilingCount } = check;
  if (given !== null && 'count' in given) return `given: ${flag} ${given.count}`;
  const parts = shares.map(
    ({ alarmCount, percent }) =>
      `${percent} % of ${numberText(alarmCount)} = ${numberText((alarmCount * percent) / 100)}`,
  );
  if (given !== null) return `given: ${flag} ${given.percent}%; ${parts.join(', ')}, rounded down`;
  if (floorCount === null && ceilingCount === null) return `no limit unless ${flag} gives one`;
  const sum = shares.reduce((total, { alarmCount, percent }) => total + (alarmCount * percent) / 100, 0);
  const bounds = [
    floorCount === null ? '' : `at least ${floorCount}`,
    ceilingCount === null ? '' : `at most half of ${numberText(existingCount)}, ${numberText(ceilingCount)}`,
  ].filter((bound) => bound !== '');
  return [
    parts.length === 0 ? 'nothing exists in scope, so that is 0' : parts.join(' + '),
    ...(parts.length > 1 ? [`together ${numberText(sum)}`] : []),
    bounds.join(', but '),
  ].join('; ');
}

function resultOf({ plannedCount, limitCount, flag }: LimitCheck): Html {
  if (limitCount === null || plannedCount <= limitCount) return markup`<span class="good">✓ within</span>`;
  return markup`<span class="bad">✗ over by ${plannedCount - limitCount}; ${flag} ${String(plannedCount)} would accept it</span>`;
}

function allowedOf({ limitCount }: LimitCheck): string {
  return limitCount === null ? 'without a limit' : `where ${numberText(limitCount)} are allowed`;
}

function verdict({ summary, startedAtMs, settings }: Run): Html {
  const refusals = summary?.refusals ?? [];
  const given = [
    settings.allowEmpty ? '--allow-empty' : '',
    settings.allowShrunkService ? '--allow-shrunk-service' : '',
    settings.allowMissingFinalNewline ? '--allow-missing-final-newline' : '',
    ...(['maxDelete', 'maxUpdate', 'maxCreate'] as const).map((limit) => flagText(limit, settings[limit])),
  ].filter((flag) => flag !== '');
  const flags =
    given.length === 0 ? 'No flag changed what is allowed.' : `Given for this run: ${given.join(', ')}.`;
  if (refusals.length === 0) return paragraphs('The plan was accepted.', flags);
  const outcome =
    startedAtMs === null
      ? 'The plan was refused, and nothing was sent:'
      : 'The plan was refused, and then taken as it stands by --force and its checksum:';
  const reasons = refusals.map(({ message, hint }) => markup`<li>${message}; ${hint}.</li>\n`);
  return markup`<p class="bad">✗ ${outcome}</p>
    <ul>
      ${reasons}
    </ul>
    ${paragraphs(flags)}`;
}

function flagText(limit: 'maxDelete' | 'maxUpdate' | 'maxCreate', given: LimitCheck['given']): string {
  if (given === null) return '';
  const flag = limit.replace('max', '--max-').toLowerCase();
  return 'count' in given ? `${flag} ${given.count}` : `${flag} ${given.percent}%`;
}

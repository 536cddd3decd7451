// A definition of the file -> the same as Datadog gives it back, or every reason why it cannot hold it.

import type { AlarmDefinition, Member } from '../../alarm/alarm.ts';
import type { JsonValue } from '../../alarm/json.ts';
import type { RowFault } from '../../alarm/row.ts';
import type { ContactMap } from '../contacts.ts';
import { contactFault, withName } from '../fitting.ts';
import { messageFault } from './message.ts';
import {
  DEFAULT_SCOPE,
  DEFAULT_WINDOW,
  isMetricMath,
  isMetricName,
  isScope,
  isWindow,
  thresholdText,
} from './query.ts';

/** Why a member cannot be held as it is; undefined when it can. */
type Check = (value: string) => string | undefined;

const numberFault: Check = (value) =>
  thresholdText(value) === undefined
    ? 'expected a number that a double holds, from 1e-6 to 1e21 in size, as Datadog keeps it'
    : undefined;

const CHECKS: ReadonlyMap<string, Check> = new Map<Member, Check>([
  ['threshold', numberFault],
  ['warning_threshold', numberFault],
  [
    'metric_name',
    (value) =>
      isMetricName(value)
        ? undefined
        : 'expected a metric name of Datadog: a letter, then up to 199 letters, digits, "_" and "."',
  ],
  ['metric_math', mathFault],
  ['message_alert', messageFault],
  ['message_warning', messageFault],
  ['message_no_data', messageFault],
  [
    'query_scope',
    (value) =>
      isScope(value)
        ? undefined
        : 'expected a scope such as env:prod, without braces, line breaks and outer blanks',
  ],
  [
    'evaluation_window',
    (value) =>
      isWindow(value) ? undefined : 'expected 1m to 10080m, 1h to 168h, 1d or 1w, as Datadog evaluates',
  ],
]);

/** What is said here means the same there; the words of a message are filled in that Datadog has no variable for. */
export function fitDefinition(
  { name, params }: AlarmDefinition,
  contacts: ContactMap,
): { readonly definition: AlarmDefinition } | { readonly faults: readonly RowFault[] } {
  const faults: RowFault[] = [];
  if (name !== name.trim())
    faults.push({ column: 'name', reason: 'expected no blanks around a name, which Datadog cuts off' });
  const fitted = new Map<string, JsonValue>();
  for (const [member, said] of Object.entries(params)) {
    const value = withName(name, member, said);
    const reason =
      typeof value === 'string'
        ? CHECKS.get(member)?.(value)
        : contactFault(value, contacts, 'a handle in Datadog');
    if (reason !== undefined) faults.push({ column: member, reason });
    else if (!isDefault(member, value)) fitted.set(member, value);
  }
  return faults.length > 0 ? { faults } : { definition: { name, params: Object.fromEntries(fitted) } };
}

/** What is not said and what is said as it would be anyway are the same here. */
function isDefault(member: string, value: JsonValue): boolean {
  return (
    (member === 'query_scope' && value === DEFAULT_SCOPE) ||
    (member === 'evaluation_window' && value === DEFAULT_WINDOW)
  );
}

function mathFault(value: string): string | undefined {
  const math = value.trim().toLowerCase();
  if (math === 'median' || isMetricMath(math)) return undefined;
  return math.startsWith('anomal')
    ? 'expected no anomaly monitor: its threshold is the share of points outside a band, for which a row has no columns'
    : 'expected sum, avg, min, max, median or p00 to p99.99, which Datadog evaluates';
}

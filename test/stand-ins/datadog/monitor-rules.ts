// The body of a create or an update -> what the monitor is from then on, or the reason why the vendor refuses it.

import { invalidParameter } from './answer.ts';
import { isObject, isStrings, type Json, type JsonObject } from './json.ts';
import { keptOptions, optionsFault } from './monitor-options.ts';
import { type Comparison, hasGroups, type MetricQuery, readComparison, readMetricQuery } from './query.ts';
import { thresholdsFault } from './thresholds.ts';

/** What users write of a monitor: TS:v1 Monitor, without what is read-only there. */
export interface Definition {
  type: string;
  name: string;
  query: string;
  message: string;
  tags: string[];
  options: JsonObject;
  priority: Json;
  restricted_roles: Json;
  draft_status: Json;
}

/** TS:v1 MonitorType. */
const TYPES = new Set([
  'audit alert',
  'ci-pipelines alert',
  'ci-tests alert',
  'composite',
  'cost alert',
  'data-quality alert',
  'database-monitoring alert',
  'error-tracking alert',
  'event alert',
  'event-v2 alert',
  'log alert',
  'metric alert',
  'network-path alert',
  'network-performance alert',
  'process alert',
  'query alert',
  'rum alert',
  'service check',
  'slo alert',
  'synthetics alert',
  'trace-analytics alert',
]);

/** TS:v1 CreateMonitor: their queries end in no comparison with a threshold. */
const TYPES_WITHOUT_COMPARISON = new Set(['composite', 'service check', 'synthetics alert']);

/** DOC:monitors/manage/_index.md. */
const MAX_TAGS = 32;

/** TS:v1 Monitor.priority: 1 to 5; 0 was recorded as accepted. */
const PRIORITIES: ReadonlySet<Json> = new Set([0, 1, 2, 3, 4, 5]);

export function isMetricType(type: string): boolean {
  return type === 'metric alert' || type === 'query alert';
}

/** `silenced` is what the monitor has of it: no body changes that. */
export function readDefinition(body: JsonObject, silenced: Json = {}): Definition | string {
  const fault = textsFault(body) ?? partsFault(body);
  if (fault !== undefined) return fault;
  const query = textOf(body['query']);
  const type = textOf(body['type']);
  const options = isObject(body['options']) ? body['options'] : {};
  const comparison = readQuery(type, query);
  if (typeof comparison === 'string') return comparison;
  const optionFault =
    optionsFault(options, comparison?.isCumulative) ?? thresholdsFault(options['thresholds'], comparison);
  if (optionFault !== undefined) return optionFault;
  const kept = keptOptions(options, { type, hasGroups: hasGroups(query), silenced });
  return { ...keptParts(body), type: keptType(type, comparison), query, options: kept };
}

function keptParts(body: JsonObject): Omit<Definition, 'type' | 'query' | 'options'> {
  const { name, message, tags, priority = null, restricted_roles = null, draft_status = 'published' } = body;
  return {
    // recorded: TF TestAccDatadogMonitor_TrimWhitespace; the name: TF resource_datadog_monitor.go, StateFunc.
    name: textOf(name),
    message: textOf(message),
    tags: isStrings(tags) ? tags : [],
    // recorded: TF TestAccDatadogMonitor_BasicNoTreshold, 0 comes back as null.
    priority: priority === 0 ? null : priority,
    restricted_roles,
    draft_status,
  };
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value.trim() : '';
}

/** TS:v1 Monitor.required: type and query. The wording is that recorded for a bad query. */
function textsFault(body: JsonObject): string | undefined {
  const { type, query } = body;
  if (typeof type !== 'string' || !TYPES.has(type)) return invalidParameter('type');
  if (typeof query !== 'string' || query.trim() === '') return invalidParameter('query');
  const wrong = ['name', 'message'].find((key) => !['string', 'undefined'].includes(typeof body[key]));
  return wrong === undefined ? undefined : invalidParameter(wrong);
}

function partsFault({ tags = null, options = {}, priority = null }: JsonObject): string | undefined {
  if (!isObject(options)) return invalidParameter('options');
  if (tags !== null && !isStrings(tags)) return invalidParameter('tags');
  // The limit is documented, the wording is ours.
  if (tags !== null && tags.length > MAX_TAGS) return `A monitor can have at most ${MAX_TAGS} tags.`;
  return priority === null || PRIORITIES.has(priority) ? undefined : invalidParameter('priority');
}

type Reading = Comparison & Partial<Pick<MetricQuery, 'isCumulative' | 'expression'>>;

function readQuery(type: string, query: string): Reading | string | undefined {
  if (isMetricType(type)) return readMetricQuery(query);
  return TYPES_WITHOUT_COMPARISON.has(type) ? undefined : readComparison(query);
}

/**
 * recorded: `avg(current_1mo):…` sent as metric alert came back as query alert, a formula with a rollup the other way.
 * TS:v1 MonitorType: an anomaly is a query alert. Any other query keeps the type that was sent.
 */
function keptType(type: string, reading: Reading | undefined): string {
  if (!isMetricType(type) || reading === undefined) return type;
  const { isCumulative = false, expression = '' } = reading;
  if (isCumulative || /^(?:anomalies|forecast|outliers)\(/u.test(expression)) return 'query alert';
  return expression.includes('.rollup(') ? 'metric alert' : type;
}

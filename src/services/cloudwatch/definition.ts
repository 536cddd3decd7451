// An alarm definition <-> the members of a metric alarm that we manage.

import type {
  ComparisonOperator,
  MetricAlarm,
  MetricDataQuery,
  PutMetricAlarmCommandInput,
  Statistic,
} from '@aws-sdk/client-cloudwatch';

import { orderMembers, type AlarmDefinition, type Member } from '../../alarm/alarm.ts';
import { isStringArray } from '../../alarm/contact.ts';
import type { JsonObject, JsonValue } from '../../alarm/json.ts';
import { textOf, wordOf } from '../../alarm/member-text.ts';
import type { ContactMap } from '../contacts.ts';
import { descriptionText, type Kept } from './description.ts';
import {
  dimensionsOf,
  equalityExpression,
  isPercentile,
  mathOf,
  methodOf,
  operatorOf,
  periodOf,
  readEquality,
  scopeOf,
  statisticOf,
  thresholdText,
  windowOf,
} from './metric.ts';
import type { CloudWatchSettings } from './settings.ts';

/** Members of a live alarm that are nobody's but its owner's: an update replaces the whole alarm, so that they are sent again. */
const KEPT_MEMBERS = [
  'EvaluationPeriods',
  'DatapointsToAlarm',
  'TreatMissingData',
  'OKActions',
  'InsufficientDataActions',
  'Unit',
  'EvaluateLowSampleCountPercentile',
] as const satisfies readonly (keyof MetricAlarm & keyof PutMetricAlarmCommandInput)[];

/** The request of a create, or of the update of `live`. */
export function putInput(
  { name, params }: AlarmDefinition,
  settings: CloudWatchSettings,
  contacts: ContactMap,
  live: MetricAlarm | undefined,
): PutMetricAlarmCommandInput {
  const math = wordOf(params, 'metric_math');
  const contact = params['contact'];
  const description = descriptionText({
    text: textOf(params, 'message_alert') ?? '',
    trackingMetricId: (textOf(params, 'tracking_metric_id') ?? '').toLowerCase(),
    isMedian: math === 'median',
  });
  return {
    EvaluationPeriods: settings.evaluationPeriodCount,
    ...keptOf(live),
    AlarmName: settings.namePrefix + name,
    AlarmDescription: description,
    ActionsEnabled: params['alarm_state'] !== 'inactive',
    AlarmActions: (isStringArray(contact) ? contact : []).flatMap((one) => contacts.handleOf(one) ?? []),
    ...measureOf(params, math, settings),
  };
}

function keptOf(live: MetricAlarm | undefined): Partial<PutMetricAlarmCommandInput> {
  if (live === undefined) return {};
  return Object.fromEntries(
    KEPT_MEMBERS.flatMap((member) => (live[member] === undefined ? [] : [[member, live[member]] as const])),
  );
}

function measureOf(
  params: JsonObject,
  math: string,
  settings: CloudWatchSettings,
): Partial<PutMetricAlarmCommandInput> {
  const method = wordOf(params, 'comparison_method');
  const threshold = thresholdText(textOf(params, 'threshold') ?? '') ?? '';
  const statistic = statisticOf(math) ?? '';
  const MetricName = textOf(params, 'metric_name') ?? '';
  const Dimensions = [...(dimensionsOf(textOf(params, 'query_scope') ?? '*') ?? [])];
  const Period = periodOf(textOf(params, 'evaluation_window') ?? '') ?? settings.periodSeconds;
  const Namespace = settings.namespace;
  const operator = operatorOf(method);
  if (operator === undefined) {
    const MetricStat = { Metric: { Namespace, MetricName, Dimensions }, Period, Stat: statistic };
    return {
      Metrics: [
        { Id: 'm1', MetricStat, ReturnData: false },
        { Id: 'e1', Expression: equalityExpression(method, threshold), ReturnData: true },
      ],
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
    };
  }
  return {
    Namespace,
    MetricName,
    Dimensions,
    Period,
    ...(isPercentile(statistic)
      ? { ExtendedStatistic: statistic }
      : { Statistic: decodeStatistic(statistic) }),
    ComparisonOperator: decodeOperator(operator),
    Threshold: Number(threshold),
  };
}

/**
 * The definition that an alarm is. What no definition says, such as another expression, is left out, so that it differs from any.
 * @param kept what its description keeps; undefined for one that is not ours
 */
export function definitionParams(
  alarm: MetricAlarm,
  kept: Kept | undefined,
  settings: CloudWatchSettings,
  contacts: ContactMap,
): JsonObject {
  const state = alarm.StateValue === 'ALARM' ? 'in_alarm' : 'active';
  const members: Members = {
    ...measureMembers(alarm, settings, kept?.isMedian === true),
    alarm_state: alarm.ActionsEnabled === false ? 'inactive' : state,
    tracking_metric_id: kept?.trackingMetricId,
    contact: (alarm.AlarmActions ?? []).map((arn) => contacts.contactOf(arn)),
    message_alert: kept?.text === '' ? undefined : kept?.text,
  };
  const present = Object.entries(members).flatMap(([member, value]) =>
    value === undefined ? [] : [[member, value] as const],
  );
  return orderMembers(Object.fromEntries(present));
}

/** Undefined for a member that the alarm has not. */
type Members = { readonly [Name in Member]?: JsonValue | undefined };

function measureMembers(alarm: MetricAlarm, settings: CloudWatchSettings, isMedian: boolean): Members {
  const measure =
    alarm.Metrics === undefined || alarm.Metrics.length === 0 ? plainOf(alarm) : equalityOf(alarm.Metrics);
  // A metric of another namespace is no metric of the file's.
  if (measure === undefined || measure.namespace !== settings.namespace) return {};
  const { periodSeconds = 0, statistic, dimensions = [] } = measure;
  return {
    threshold: measure.threshold,
    metric_name: measure.metricName,
    comparison_method: measure.method,
    metric_math: isMedian && statistic === statisticOf('median') ? 'median' : mathOf(statistic),
    query_scope: scopeOf(dimensions),
    evaluation_window: periodSeconds === settings.periodSeconds ? undefined : windowOf(periodSeconds),
  };
}

interface Measure {
  readonly namespace: string | undefined;
  readonly metricName: string | undefined;
  readonly dimensions: MetricAlarm['Dimensions'];
  readonly periodSeconds: number | undefined;
  readonly statistic: string | undefined;
  readonly method: string | undefined;
  readonly threshold: string | undefined;
}

function plainOf(alarm: MetricAlarm): Measure {
  return {
    namespace: alarm.Namespace,
    metricName: alarm.MetricName,
    dimensions: alarm.Dimensions,
    periodSeconds: alarm.Period,
    statistic: alarm.Statistic ?? alarm.ExtendedStatistic,
    method: methodOf(alarm.ComparisonOperator),
    threshold: alarm.Threshold === undefined ? undefined : String(alarm.Threshold),
  };
}

function equalityOf(metrics: readonly MetricDataQuery[]): Measure | undefined {
  const [metric, expression] = metrics;
  const stat = metric?.MetricStat;
  const equality = readEquality(expression?.Expression);
  if (metrics.length !== 2 || metric?.Id !== 'm1' || stat === undefined || equality === undefined)
    return undefined;
  return {
    namespace: stat.Metric?.Namespace,
    metricName: stat.Metric?.MetricName,
    dimensions: stat.Metric?.Dimensions,
    periodSeconds: stat.Period,
    statistic: stat.Stat,
    ...equality,
  };
}

function decodeStatistic(statistic: string): Statistic {
  return statistic as Statistic;
}

function decodeOperator(operator: string): ComparisonOperator {
  return operator as ComparisonOperator;
}

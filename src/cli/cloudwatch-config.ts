// The section `cloudwatch` of the configuration file: what alarms in CloudWatch are, besides what rows say.

import * as v from 'valibot';

import { DEFAULT_CLOUDWATCH_SETTINGS, type CloudWatchSettings } from '../services/cloudwatch/settings.ts';

const DEFAULTS = DEFAULT_CLOUDWATCH_SETTINGS;

const period = v.pipe(
  v.number(),
  v.check(
    (seconds) => [10, 20, 30].includes(seconds) || (seconds > 0 && seconds % 60 === 0 && seconds <= 86_400),
    'expected 10, 20, 30, or a multiple of 60 up to 86400',
  ),
  v.description('Seconds of a period, for rows without an evaluation window'),
);

const rate = (what: string): v.GenericSchema<unknown, number> =>
  v.pipe(
    v.number(),
    v.gtValue(0, 'expected more than 0'),
    v.description(`${what} a second, as AWS grants them`),
  );

export const cloudwatch: v.GenericSchema<unknown, CloudWatchSettings> = v.pipe(
  v.strictObject({
    namespace: v.pipe(
      v.string(),
      v.regex(/^[^:][^]{0,254}$/u, 'expected 1 to 255 characters, the first no colon'),
      v.description('The namespace of all metrics'),
    ),
    period_seconds: v.optional(period, DEFAULTS.periodSeconds),
    evaluation_periods: v.optional(
      v.pipe(
        v.number(),
        v.integer(),
        v.minValue(1),
        v.description('Periods in a row that have to be beyond the threshold, for alarms that are created'),
      ),
      DEFAULTS.evaluationPeriodCount,
    ),
    name_prefix: v.optional(
      v.pipe(
        v.string(),
        v.maxLength(200),
        v.description(
          'Before each name, in CloudWatch alone; only alarms whose names begin so are looked at',
        ),
      ),
      DEFAULTS.namePrefix,
    ),
    profile: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^[^\p{Cc}]{0,200}$/u, 'expected the name of a profile'),
        v.description('The profile of the AWS command line whose account this is'),
      ),
      DEFAULTS.profile,
    ),
    writes_per_second: v.optional(rate('Writes'), DEFAULTS.writesPerSecond),
    reads_per_second: v.optional(rate('Reads'), DEFAULTS.readsPerSecond),
  }),
  v.description('Alarms in CloudWatch: what no column says'),
  v.transform((section) => ({
    namespace: section.namespace,
    periodSeconds: section.period_seconds,
    evaluationPeriodCount: section.evaluation_periods,
    namePrefix: section.name_prefix,
    profile: section.profile,
    writesPerSecond: section.writes_per_second,
    readsPerSecond: section.reads_per_second,
  })),
);

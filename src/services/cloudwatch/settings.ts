// What the user says of their alarms in CloudWatch, which a row of the file has no column for.

/** Plain, so that a worker thread can be given it. */
export interface CloudWatchSettings {
  /** Of every metric. 1-255 characters; '' when the user named none. */
  readonly namespace: string;
  /** Of a row without an evaluation window. 10, 20, 30 or a multiple of 60. */
  readonly periodSeconds: number;
  /** How many periods in a row have to be beyond the threshold, for alarms that are created. From 1. */
  readonly evaluationPeriodCount: number;
  /** Before each name, in CloudWatch alone: only alarms whose names begin so are looked at. '' for none. */
  readonly namePrefix: string;
  /** Of the AWS command line, whose credentials are used; '' for those that it would use without one. */
  readonly profile: string;
  /** Requests a second, as AWS grants them to the account in this region. */
  readonly writesPerSecond: number;
  readonly readsPerSecond: number;
}

/** Quotas as of the AWS documentation, CloudWatch service quotas: PutMetricAlarm and DeleteAlarms 3/s each, DescribeAlarms 9/s. */
export const DEFAULT_CLOUDWATCH_SETTINGS: CloudWatchSettings = {
  namespace: '',
  periodSeconds: 300,
  evaluationPeriodCount: 1,
  namePrefix: '',
  profile: '',
  writesPerSecond: 3,
  readsPerSecond: 9,
};

/** Names asked for, or deleted, by one request. Source: AWS API reference, DescribeAlarms and DeleteAlarms. */
export const MAX_NAMES_PER_REQUEST = 100;

/** Source: AWS API reference, PutMetricAlarm, AlarmName. */
export const MAX_ALARM_NAME_LENGTH = 255;

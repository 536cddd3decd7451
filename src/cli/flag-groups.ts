// Which flags go together, for the commands that take them.

import type { FlagName } from './flags.ts';

export const OUTPUT_FLAGS: readonly FlagName[] = [
  'config',
  'json',
  'json-operations',
  'log-format',
  'no-color',
  'verbose',
  'quiet',
];

/** Where metrics go. */
export const METRIC_FLAGS: readonly FlagName[] = ['statsd', 'tag', 'metrics-interval', 'metrics-file'];

/** How a run is watched. */
export const WATCH_FLAGS: readonly FlagName[] = [...METRIC_FLAGS, 'event', 'event-notify', 'webhook'];

export const STATE_FLAGS: readonly FlagName[] = ['state-dir'];

/** How the service is reached, and at which pace. */
export const PACE_FLAGS: readonly FlagName[] = [
  'concurrency',
  'tpslimit',
  'tpslimit-burst',
  'retries',
  'request-timeout',
  'settle-time',
  'page-size',
  'insecure',
  'lock-timeout',
];

/** When a run ends early. */
export const END_FLAGS: readonly FlagName[] = ['limit', 'max-errors', 'max-duration'];

/** How the file is read. */
export const SOURCE_FLAGS: readonly FlagName[] = [
  'compare-state',
  'ignore-fields',
  'ignore-columns',
  'on-duplicate',
  'expect-rows',
  'expect-sha256',
];

/** What shapes a run; kept in it. */
export const SHAPE_FLAGS: readonly FlagName[] = [
  'service',
  ...SOURCE_FLAGS,
  'policy',
  'scope',
  'exclude',
  'protect',
  'on-invalid',
  'rejects',
  'max-delete',
  'max-update',
  'max-create',
  'allow-empty',
  'allow-shrunk-service',
  'allow-missing-final-newline',
  'check-before',
  'ignore-errors',
];

/** Which targets of the configuration file take which rows, and what holds for all of them. */
export const TARGET_FLAGS: readonly FlagName[] = [
  'target',
  'target-column',
  'on-unclaimed',
  'on-target-failure',
  'max-delete-all',
  'max-update-all',
  'max-create-all',
];

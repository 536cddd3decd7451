// Every metric of a run: its name, kind, labels and meaning. The exports, the README and a test follow this table.

export type InstrumentKind = 'count' | 'gauge' | 'distribution';

export interface Instrument {
  /** `count`: how many since the last time; `gauge`: as it is now; `distribution`: single values. */
  readonly kind: InstrumentKind;
  readonly labels: readonly string[];
  readonly meaning: string;
}

export type CountName =
  | 'alarmsync.rows.read'
  | 'alarmsync.rows.invalid'
  | 'alarmsync.alarms.listed'
  | 'alarmsync.operations'
  | 'alarmsync.retries'
  | 'alarmsync.requests'
  | 'alarmsync.requests.throttled'
  | 'alarmsync.database.rows_written'
  | 'alarmsync.runs';

export type GaugeName =
  | 'alarmsync.requests.in_flight'
  | 'alarmsync.queue.depth'
  | 'alarmsync.quota.used_ratio'
  | 'alarmsync.database.size_bytes'
  | 'alarmsync.plan.operations'
  | 'alarmsync.plan.drift_ratio'
  | 'alarmsync.phase.duration_seconds'
  | 'alarmsync.run.duration_seconds'
  | 'alarmsync.last_success.age_seconds'
  | 'alarmsync.last_success.timestamp_seconds';

export type DistributionName = 'alarmsync.request.duration_seconds' | 'alarmsync.database.write_seconds';

export type InstrumentName = CountName | GaugeName | DistributionName;

export const INSTRUMENTS: Readonly<Record<InstrumentName, Instrument>> = {
  'alarmsync.rows.read': { kind: 'count', labels: [], meaning: 'Rows of the file that were read' },
  'alarmsync.rows.invalid': {
    kind: 'count',
    labels: ['column'],
    meaning: 'Reasons why rows of the file are invalid',
  },
  'alarmsync.alarms.listed': { kind: 'count', labels: [], meaning: 'Alarms that the service listed' },
  'alarmsync.operations': {
    kind: 'count',
    labels: ['action', 'outcome', 'failure_class'],
    meaning: 'Operations that were settled; failure_class is none where nothing failed',
  },
  'alarmsync.retries': {
    kind: 'count',
    labels: ['phase', 'failure_class'],
    meaning: 'Steps with the service that failed and were done again',
  },
  'alarmsync.requests': {
    kind: 'count',
    labels: ['method', 'resource', 'status'],
    meaning: 'Requests to the service; status is none where no answer came',
  },
  'alarmsync.requests.throttled': { kind: 'count', labels: [], meaning: 'Requests answered 429' },
  'alarmsync.requests.in_flight': { kind: 'gauge', labels: [], meaning: 'Requests under way' },
  'alarmsync.request.duration_seconds': {
    kind: 'distribution',
    labels: ['method', 'resource'],
    meaning: 'From a request to its whole answer',
  },
  'alarmsync.queue.depth': { kind: 'gauge', labels: [], meaning: 'Operations that are not settled yet' },
  'alarmsync.quota.used_ratio': {
    kind: 'gauge',
    labels: [],
    meaning: 'Requests since the last time, as a share of what --tpslimit allows',
  },
  'alarmsync.database.size_bytes': {
    kind: 'gauge',
    labels: ['database'],
    meaning: 'Size of a scratch database',
  },
  'alarmsync.database.rows_written': {
    kind: 'count',
    labels: ['database'],
    meaning: 'Rows written into a scratch database',
  },
  'alarmsync.database.write_seconds': {
    kind: 'distribution',
    labels: ['database'],
    meaning: 'Writing one batch of rows into a scratch database',
  },
  'alarmsync.plan.operations': { kind: 'gauge', labels: ['action'], meaning: 'Operations of the plan' },
  'alarmsync.plan.drift_ratio': {
    kind: 'gauge',
    labels: [],
    meaning: 'Alarms that differ, as a share of all on either side',
  },
  'alarmsync.phase.duration_seconds': { kind: 'gauge', labels: ['phase'], meaning: 'How long a phase took' },
  'alarmsync.run.duration_seconds': {
    kind: 'gauge',
    labels: ['outcome'],
    meaning: 'How long the command took',
  },
  'alarmsync.runs': {
    kind: 'count',
    labels: ['outcome'],
    meaning: 'Runs that ended: success, refused, failed or stopped',
  },
  'alarmsync.last_success.age_seconds': {
    kind: 'gauge',
    labels: [],
    meaning: 'Since a run last left the service as its file says',
  },
  'alarmsync.last_success.timestamp_seconds': {
    kind: 'gauge',
    labels: [],
    meaning: 'When a run last left the service as its file says',
  },
};

// Every span of a run: its name, attributes and meaning. The trace, the README and a test follow this table.

import type { PhaseName } from './names.ts';

export interface SpanShape {
  /** Some are there only where there is something to say. */
  readonly attributes: readonly string[];
  readonly meaning: string;
}

export type SpanName = 'alarmsync {command}' | PhaseName | '{method} {resource}';

export const SPANS: Readonly<Record<SpanName, SpanShape>> = {
  'alarmsync {command}': {
    attributes: [
      'alarmsync.run.id',
      'alarmsync.run.kind',
      'alarmsync.run.outcome',
      'alarmsync.service.address',
      'alarmsync.plan.existing',
      'alarmsync.plan.create',
      'alarmsync.plan.update',
      'alarmsync.plan.delete',
      'alarmsync.plan.unchanged',
      'alarmsync.plan.refusals',
      'alarmsync.done.create',
      'alarmsync.done.update',
      'alarmsync.done.delete',
      'alarmsync.done.failed',
      'alarmsync.done.conflicts',
      'alarmsync.done.unfinished',
      'process.exit.code',
      'error.type',
    ],
    meaning: 'The whole command: what was planned, what was done, how it ended',
  },
  source: {
    attributes: ['alarmsync.phase.state', 'alarmsync.rows.read', 'alarmsync.rows.invalid'],
    meaning: 'Reading the file',
  },
  listing: {
    attributes: ['alarmsync.phase.state', 'alarmsync.alarms.listed', 'alarmsync.retries'],
    meaning: 'Listing the service, at the same time',
  },
  diff: { attributes: ['alarmsync.phase.state'], meaning: 'Comparing both' },
  plan: { attributes: ['alarmsync.phase.state'], meaning: 'Counting, guarding, forecasting' },
  drain: {
    attributes: ['alarmsync.phase.state', 'alarmsync.operations.settled', 'alarmsync.retries'],
    meaning: 'Sending the operations',
  },
  report: { attributes: ['alarmsync.phase.state'], meaning: 'Noting what was done' },
  '{method} {resource}': {
    attributes: [
      'service',
      'resource',
      'http.request.method',
      'http.response.status_code',
      'url.full',
      'url.template',
      'server.address',
      'server.port',
      'error.type',
    ],
    meaning: 'One request to the service, sampled',
  },
};

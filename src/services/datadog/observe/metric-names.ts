// The metrics of alarmsync's own runs that are shown and watched, by the names under which they are sent.

export const METRICS = {
  runs: 'alarmsync.runs',
  runDurationSeconds: 'alarmsync.run.duration_seconds',
  lastSuccessAgeSeconds: 'alarmsync.last_success.age_seconds',
  operations: 'alarmsync.operations',
  databaseWriteSeconds: 'alarmsync.database.write_seconds',
  driftRatio: 'alarmsync.plan.drift_ratio',
  quotaUsedRatio: 'alarmsync.quota.used_ratio',
} as const;

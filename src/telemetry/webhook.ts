// A run's notice -> JSON for whatever takes it: Slack, PagerDuty, ServiceNow, or a script.

import { noticeText, noticeTitle, type RunNotice } from './run-notice.ts';

/**
 * Shape: `{"text": "…", "title": "…", "outcome": "refused", "exit_code": 3, "duration_seconds": 1.2, "tags": ["env:prod"], "run_id": "…",
 * "service": "https://…", "planned": {"create": 1, …}, "refusals": [{"code": "…", "message": "…", "hint": "…"}], "done": {…}, "error": {…}}`.
 * Slack shows `text`. What is not known is absent.
 */
export function webhookBody(notice: RunNotice): string {
  const { outcome, exitCode, durationMs, tags, run, planned, drained, error } = notice;
  return JSON.stringify({
    text: `${noticeTitle(notice)}\n${noticeText(notice)}`,
    title: noticeTitle(notice),
    outcome,
    exit_code: exitCode,
    duration_seconds: Math.round(durationMs) / 1000,
    tags,
    ...(run === undefined ? {} : { run_id: run.runId, kind: run.kind, service: run.serviceAddress }),
    ...(planned === undefined
      ? {}
      : {
          planned: {
            ...planned.operations,
            unchanged: planned.unchangedCount,
            existing: planned.existingCount,
          },
          refusals: planned.refusals.map(({ code, message, hint }) => ({ code, message, hint })),
        }),
    ...(drained === undefined
      ? {}
      : {
          done: drained.done,
          failed: drained.failedCount,
          conflicts: drained.conflictCount,
          unfinished: drained.unfinishedCount,
        }),
    ...(error === undefined ? {} : { error }),
  });
}

// A plan file -> all that its report shows, added up; a plan of a million operations is as small here as one of ten.

import type { AttemptCount } from '../../store/attempt-table.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { OperationCounts } from '../../store/operation.ts';
import type {
  ConflictCount,
  FailureCount,
  MemberChangeCounts,
  NameGroup,
  SettledSpan,
} from '../../store/operation-statistics.ts';
import type { PlanFile } from '../../store/plan-file.ts';
import type { RejectedColumn } from '../../store/rejected-row-table.ts';
import type { Run } from '../../store/run-table.ts';
import { bucketsOf, courseOf, type Course } from './buckets.ts';
import { runOutcome, type RunOutcome } from './outcome.ts';

/** Groups of names, kinds of tries and reasons of conflicts that are named one by one. */
const NAMED_COUNT = 20;

/** What became of the operations of one ledger. */
export interface LedgerFigures {
  readonly counts: OperationCounts;
  readonly failures: readonly FailureCount[];
  readonly conflicts: readonly ConflictCount[];
  readonly attempts: readonly AttemptCount[];
}

export interface ReportFigures {
  readonly planPath: string;
  readonly run: Run;
  readonly outcome: RunOutcome;
  readonly alarms: LedgerFigures;
  /** Null where the plan leaves them alone. */
  readonly downtimes: LedgerFigures | null;
  /** Of the alarms; null when nothing is settled. */
  readonly span: SettledSpan | null;
  readonly course: Course | null;
  /** Operations that were planned to be sent. */
  readonly changeCount: number;
  readonly groups: readonly NameGroup[];
  readonly members: MemberChangeCounts;
  readonly rejectedColumns: readonly RejectedColumn[];
}

/** Reads the figures, all of one moment. */
export function readFigures(plan: PlanFile): ReportFigures {
  return plan.atOneMoment(() => {
    const run = plan.run.read();
    const { statistics } = plan.alarms;
    const outcome = runOutcome(plan);
    const span = statistics.settledSpan() ?? null;
    return {
      planPath: plan.path,
      run,
      outcome,
      alarms: figuresOf(plan.alarms),
      downtimes: outcome.downtimes === null ? null : figuresOf(plan.downtimes),
      span,
      course: span === null ? null : readCourse(plan.alarms, span),
      changeCount: statistics.changeCount(),
      groups: statistics.largestGroups(NAMED_COUNT),
      members: statistics.changedMembers(run.settings.compareState),
      rejectedColumns: plan.rejectedRows.countsByColumn(),
    };
  });
}

function figuresOf({ operations, statistics, attempts }: Ledger): LedgerFigures {
  return {
    counts: operations.counts(),
    failures: statistics.failures(),
    conflicts: statistics.conflicts(NAMED_COUNT),
    attempts: attempts.counts(NAMED_COUNT),
  };
}

function readCourse({ statistics }: Ledger, span: SettledSpan): Course {
  const buckets = bucketsOf(span);
  return courseOf(buckets, statistics.settledCounts(buckets), statistics.latencies(buckets));
}

// Where metrics go: an agent, a file, or both.

import type { CountName, DistributionName, GaugeName } from './instruments.ts';

export type Labels = Readonly<Record<string, string>>;

/** Takes what a run says of itself. Nothing here throws: metrics never fail a run. */
export interface MetricSink {
  count(name: CountName, increment: number, labels: Labels): void;
  gauge(name: GaugeName, value: number, labels: Labels): void;
  observe(name: DistributionName, value: number, labels: Labels): void;
  /** Passes on what was taken since the last time. */
  flush(): Promise<void>;
  /** Flushes a last time and lets go of everything. */
  close(): Promise<void>;
}

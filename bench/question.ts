// What a question of the benchmark is given, and what it answers with.

import type { ResultLine } from './report/result.ts';

export interface QuestionContext {
  /** Alarms in the service; a question may take a stated part or multiple of it. */
  readonly rowCount: number;
  /** Counted runs of each subject; one more comes first, to warm up. */
  readonly runCount: number;
  /** The multiples of `rowCount` that `scale` plans. */
  readonly scaleFactors: readonly number[];
  /** Kept from one benchmark to the next. */
  readonly dataDirectory: string;
  /** Empty at first, removed afterwards. */
  readonly scratchDirectory: string;
  readonly emit: (line: ResultLine) => void;
  /** Tells a person how far it is. */
  readonly progress: (text: string) => void;
}

export type Question = (context: QuestionContext) => Promise<void>;

// What the command line's thread and a stage's thread say to each other.

import type { PlainError } from '../alarm/plain-error.ts';
import type { SealedFiles, Share, SieveSettings } from '../pipeline/diff/diff.ts';
import type { ListingSettings, ListingSnapshot } from '../pipeline/listing/listing.ts';
import type { SourceSettings, SourceSnapshot } from '../pipeline/source/source.ts';
import type { PacerSettings } from '../services/pacer.ts';
import type { FitSettings, ServiceSettings } from '../services/registry.ts';
import type { TelemetryMessages, TelemetryName } from '../telemetry/names.ts';
import type { RequestTrace } from '../telemetry/request-sampler.ts';

/** A stage to run. Plain, so that it can be sent to a thread; each stage writes the file `file`. */
export type Job =
  | {
      readonly stage: 'source';
      readonly file: string;
      readonly settings: SourceSettings;
      /** What the rows are for; null when they are only looked at. */
      readonly service: FitSettings | null;
    }
  | {
      readonly stage: 'listing';
      readonly file: string;
      readonly settings: ListingSettings;
      readonly service: ServiceSettings;
      readonly quota: PacerSettings;
      /** Of the run, for its requests; null when it is not traced. */
      readonly trace: RequestTrace | null;
    }
  | {
      readonly stage: 'sieve';
      readonly file: string;
      readonly files: SealedFiles;
      readonly settings: SieveSettings;
      readonly share: Share;
    };

/** What a stage's thread is started with. */
export type ThreadStart = Job & {
  /** What is listened to, so that nothing else is measured. */
  readonly heard: readonly TelemetryName[];
};

export type JobResult = SourceSnapshot | ListingSnapshot | undefined;

/** What a stage published, as forwarded. */
export type Published = {
  [Name in TelemetryName]: { readonly name: Name; readonly message: TelemetryMessages[Name] };
}[TelemetryName];

/** From the stage's thread; the last is `result` or `error`. */
export type StageMessage =
  | { readonly type: 'published'; readonly batch: readonly Published[] }
  | { readonly type: 'result'; readonly result: JobResult }
  | { readonly type: 'error'; readonly error: PlainError };

// What the last line of an alarm's description keeps. Tags would be the place for it, but they are neither listed nor changed together
// with an alarm.

import { descriptionWithLine, readDescriptionLine } from '../description-line.ts';

/** Source: AWS API reference, PutMetricAlarm, AlarmDescription. */
export const MAX_DESCRIPTION_LENGTH = 1024;

export interface Kept {
  /** '' when there is none. */
  readonly text: string;
  readonly trackingMetricId: string;
  /** True when the percentile 50 was called median. */
  readonly isMedian: boolean;
}

export function descriptionText({ text, trackingMetricId, isMedian }: Kept): string {
  return descriptionWithLine(text, { id: trackingMetricId, ...(isMedian ? { median: true } : {}) });
}

/** Undefined for an alarm that is not ours. */
export function readDescription(description = ''): Kept | undefined {
  const line = readDescriptionLine(description);
  if (line === undefined || typeof line.value['id'] !== 'string') return undefined;
  return { text: line.text, trackingMetricId: line.value['id'], isMedian: line.value['median'] === true };
}

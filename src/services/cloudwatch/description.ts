// An alarm's description: what people wrote, and in its last line what has no place elsewhere. Alarms with that line are ours.
//
// Tags would be the place for it, but they are neither listed nor changed together with an alarm.

import { isJsonObject, parseJson, type JsonValue } from '../../alarm/json.ts';

const MARK = 'alarmsync: ';

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
  const line = MARK + JSON.stringify({ id: trackingMetricId, ...(isMedian ? { median: true } : {}) });
  return text === '' ? line : `${text}\n${line}`;
}

/** Undefined for an alarm that is not ours. */
export function readDescription(description: string | undefined): Kept | undefined {
  const lines = (description ?? '').split('\n');
  const last = lines.pop() ?? '';
  if (!last.startsWith(MARK)) return undefined;
  const value = parsed(last.slice(MARK.length));
  if (!isJsonObject(value) || typeof value['id'] !== 'string') return undefined;
  return { text: lines.join('\n'), trackingMetricId: value['id'], isMedian: value['median'] === true };
}

function parsed(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

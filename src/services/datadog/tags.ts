// What a monitor's tags say for us: that it is ours, which alarm it is, and what has no place elsewhere.

import { createHash } from 'node:crypto';

import { OUR_TAG } from '../../alarm/downtime.ts';

/** Nothing without it is listed, changed or deleted. */
export { OUR_TAG };

export const INACTIVE_TAG = 'alarmsync_state:inactive';

const MEDIAN_TAG = 'alarmsync_math:median';
const KEY_PREFIX = 'alarmsync_key:';
const TRACKING_PREFIX = 'tracking_metric_id:';

/** What tags hold of a definition. */
export interface TaggedParts {
  readonly isInactive: boolean;
  /** True when the percentile 50 of the query was called median. */
  readonly isMedian: boolean;
  /** A UUID in lower case; undefined where there is none. */
  readonly trackingMetricId: string | undefined;
}

/**
 * The tag by which an alarm is found again. Names are not unique in Datadog, are trimmed, and may be changed by anyone; a tag holds
 * neither all characters nor all lengths that a name may have, so that it is a hash.
 */
export function keyTag(name: string): string {
  return KEY_PREFIX + createHash('sha256').update(name).digest('hex').slice(0, 32);
}

/** Our tags, and after them those that others put on the monitor. */
export function tagsOf(name: string, parts: TaggedParts, present: readonly string[]): readonly string[] {
  const { isInactive, isMedian, trackingMetricId } = parts;
  return [
    OUR_TAG,
    keyTag(name),
    ...(trackingMetricId === undefined ? [] : [TRACKING_PREFIX + trackingMetricId]),
    ...(isInactive ? [INACTIVE_TAG] : []),
    ...(isMedian ? [MEDIAN_TAG] : []),
    ...present.filter((tag) => !isOurs(tag)),
  ];
}

export function readTags(tags: readonly string[]): TaggedParts {
  return {
    isInactive: tags.includes(INACTIVE_TAG),
    isMedian: tags.includes(MEDIAN_TAG),
    trackingMetricId: tags.find((tag) => tag.startsWith(TRACKING_PREFIX))?.slice(TRACKING_PREFIX.length),
  };
}

function isOurs(tag: string): boolean {
  return (
    [OUR_TAG, INACTIVE_TAG, MEDIAN_TAG].includes(tag) ||
    tag.startsWith(KEY_PREFIX) ||
    tag.startsWith(TRACKING_PREFIX)
  );
}

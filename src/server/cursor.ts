// The last alarm of a page <-> the opaque cursor that the next page starts from.

import { AlarmSyncError } from '../alarm/errors.ts';

export interface PagePosition {
  readonly name: string;
  /** Orders alarms of one name. */
  readonly id: number;
}

export function writeCursor({ name, id }: PagePosition): string {
  return Buffer.from(`${id} ${name}`).toString('base64url');
}

/** @throws {ALARMSYNC_SERVICE_REFUSED} when the cursor is none of ours. */
export function readCursor(cursor: string): PagePosition {
  const match = /^(\d{1,15}) (.*)$/su.exec(Buffer.from(cursor, 'base64url').toString());
  if (match !== null) {
    const position = { id: Number(match[1]), name: match[2] ?? '' };
    // Buffer passes over what is no base64url, which would make a damaged cursor another place.
    if (writeCursor(position) === cursor) return position;
  }
  throw new AlarmSyncError(
    'ALARMSYNC_SERVICE_REFUSED',
    'expected a cursor that an earlier page gave, got another',
  );
}

// A listed alarm -> its staging row.

import { isWellFormed } from '../../alarm/alarm.ts';
import { AlarmSyncError } from '../../alarm/errors.ts';
import { paramsText } from '../../alarm/params-text.ts';
import type { AlarmReader, ListedAlarm, ListedText } from '../../services/alarm-service.ts';
import type { ExistingRow } from '../../store/existing-staging.ts';

/** @throws {ALARMSYNC_LISTING_UNSEALED} for a name that UTF-8 cannot carry. */
export function existingRow(
  reader: AlarmReader,
  alarm: ListedAlarm | ListedText,
  pageNumber: number,
): ExistingRow {
  const isText = 'paramsText' in alarm;
  const name = isText ? alarm.name : alarm.definition.name;
  if (!isWellFormed(name)) {
    throw new AlarmSyncError(
      'ALARMSYNC_LISTING_UNSEALED',
      `expected well-formed Unicode in every listed name, got ${JSON.stringify(name)}`,
    );
  }
  return {
    name,
    body: isText ? alarm.paramsText : paramsText(alarm.definition.params),
    handle: isText ? null : (alarm.handle ?? null),
    etag: alarm.etag ?? null,
    raw: isText ? null : (alarm.raw ?? null),
    pageNumber,
    // SQLite's GLOB ends at a NUL, so such a name could be taken for another one in scope.
    isAddressable: reader.canAddress(name) && !name.includes('\0'),
  };
}

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
  const { name, body, handle, raw } = partsOf(alarm);
  if (!isWellFormed(name)) {
    throw new AlarmSyncError(
      'ALARMSYNC_LISTING_UNSEALED',
      `expected well-formed Unicode in every listed name, got ${JSON.stringify(name)}`,
    );
  }
  return {
    name,
    body,
    handle: handle ?? null,
    etag: alarm.etag ?? null,
    raw: raw ?? null,
    pageNumber,
    // SQLite's GLOB ends at a NUL, so such a name could be taken for another one in scope.
    isAddressable: reader.canAddress(name) && !name.includes('\0'),
  };
}

interface Parts {
  readonly name: string;
  readonly body: string;
  readonly handle?: string;
  readonly raw?: string;
}

function partsOf(alarm: ListedAlarm | ListedText): Parts {
  if (!('definition' in alarm)) return { name: alarm.name, body: alarm.paramsText };
  const { definition, handle, raw } = alarm;
  return {
    name: definition.name,
    body: paramsText(definition.params),
    ...(handle === undefined ? {} : { handle }),
    ...(raw === undefined ? {} : { raw }),
  };
}

// Names that were listed more than once -> one row each, or a mark that the service really holds the name twice.

import type { AlarmReader } from '../../services/alarm-service.ts';
import { withRetries } from '../../services/retry.ts';
import type { ExistingStaging } from '../../store/existing-staging.ts';
import { existingRow } from './existing-row.ts';

const BATCH_COUNT = 500;

/**
 * Resolves every repeated name: alike in several pages counts once, different is read again,
 * twice in one page or under two handles is marked. Gives how many rows beyond the first the marked names had.
 */
export async function resolveRepeats(
  deps: { readonly reader: AlarmReader; readonly staging: ExistingStaging },
  settings: { readonly retryCount: number },
  signal: AbortSignal,
): Promise<number> {
  const { reader, staging } = deps;
  const retries = { retries: settings.retryCount, random: Math.random };
  staging.dropPlainRepeats();
  let extraRowCount = 0;
  for (;;) {
    const repeated = staging.listRepeatedNames(BATCH_COUNT);
    if (repeated.length === 0) return extraRowCount;
    for (const { name, rowCount, isHeldTwice } of repeated) {
      if (isHeldTwice) {
        extraRowCount += rowCount - 1;
        staging.markHeldTwice(name);
      } else if (!reader.canAddress(name)) {
        staging.keepLast(name); // it cannot be read again, and is never operated on
      } else {
        const alarm = await withRetries(async () => reader.read(name, signal), retries, signal);
        staging.replace(name, alarm === undefined ? undefined : existingRow(reader, alarm, 0));
      }
    }
  }
}

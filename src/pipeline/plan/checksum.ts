// The operations of a plan -> one SHA-256, the same whenever the same facts are planned again.

import { createHash } from 'node:crypto';

import { isJsonObject, parseJson, stringifyJson } from '../../alarm/json.ts';
import { withWeatherOf, type CompareState } from '../../alarm/meaning.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { PlanFile } from '../../store/plan-file.ts';

const ACTIONS = ['create', 'delete', 'update'] as const; // sorted

/** Over action, name, before- and after-image; without times, ids, lines and weather. Shape: 64 hexadecimal digits. */
export function planChecksum(plan: PlanFile, compareState: CompareState): string {
  const hash = createHash('sha256');
  for (const ledger of [plan.alarms, plan.downtimes])
    for (const part of operationTexts(ledger, compareState)) hash.update(part);
  return hash.digest('hex');
}

function* operationTexts({ operations, subject }: Ledger, compareState: CompareState): Generator<string> {
  for (const action of ACTIONS) {
    for (const operation of operations.iterateImagesByName(action)) {
      const images = [operation.beforeParams, operation.afterParams].map((image) =>
        withoutWeather(image, compareState),
      );
      const text = JSON.stringify([action, operation.name, ...images]);
      yield subject === 'alarm' ? text : `${subject}${text}`;
    }
  }
}

function withoutWeather(image: string | null, compareState: CompareState): string | null {
  if (image === null || !image.includes('"in_alarm"')) return image;
  const params = parseJson(image);
  if (!isJsonObject(params)) return image;
  return stringifyJson(withWeatherOf({ name: '', params }, undefined, compareState).params);
}

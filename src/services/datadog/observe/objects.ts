// One thing that is to be there, or not -> found, compared, and created, changed or deleted.
//
//   found    none         one that is as wanted   one that differs   more than one
//   install  create       none                    update             conflict
//   diff     (create)     none                    (update)           conflict        nothing is sent
//   remove   none         delete                  delete             conflict
//
// It is looked for anew before each sending: so a run that was killed is completed by the next one, and a sending whose outcome is not
// known is not repeated before the settle time, and then only where it did not come about.

import type { JsonObject } from '../../../alarm/json.ts';
import { RetryBudget, sleep, type RetrySettings } from '../../retry.ts';
import { differences, type FieldDifference } from './comparison.ts';

export type Goal = 'install' | 'diff' | 'remove';

/** What is there. */
export interface HeldObject {
  readonly id: string;
  /** Its managed members, in the shape of `wanted`. */
  readonly view: JsonObject;
  /** All that the service said of it. */
  readonly whole: JsonObject;
}

/** One thing, found by its marks. Each call throws any ALARMSYNC_SERVICE_ code. */
export interface ObservedObject {
  readonly kind: 'dashboard' | 'monitor' | 'downtime';
  readonly title: string;
  /** The managed members as they are to be. */
  readonly wanted: JsonObject;
  /** All that bear its marks. */
  find(signal: AbortSignal): Promise<readonly HeldObject[]>;
  create(signal: AbortSignal): Promise<void>;
  /** What is not managed stays. */
  update(held: HeldObject, signal: AbortSignal): Promise<void>;
  /** Done as well where it is gone already. */
  delete(held: HeldObject, signal: AbortSignal): Promise<void>;
}

export interface Step {
  readonly kind: ObservedObject['kind'];
  readonly title: string;
  readonly action: 'create' | 'update' | 'delete' | 'none' | 'conflict';
  /** Of an update; empty for anything else. */
  readonly differences: readonly FieldDifference[];
  /** Of what was found. */
  readonly ids: readonly string[];
}

export interface SettleSettings extends RetrySettings {
  readonly settleTimeMs: number;
}

/** Gives what was done, or with `diff` what there is to do. @throws any ALARMSYNC_SERVICE_ code. */
export async function settle(
  object: ObservedObject,
  goal: Goal,
  settings: SettleSettings,
  signal: AbortSignal,
): Promise<Step> {
  const budget = new RetryBudget(settings);
  let sent: Step | undefined;
  let isSending = false;
  for (;;) {
    try {
      isSending = false;
      const found = await object.find(signal);
      const step = stepOf(object, found, goal);
      if (goal === 'diff' || step.action === 'conflict') return step;
      if (step.action === 'none') return sent ?? step;
      isSending = true;
      sent ??= step;
      await send(object, step, found, signal);
      return sent;
    } catch (thrown) {
      signal.throwIfAborted();
      const delayMs = budget.delayMsAfter(thrown);
      await sleep(isSending ? Math.max(delayMs, settings.settleTimeMs) : delayMs, signal);
    }
  }
}

async function send(
  object: ObservedObject,
  { action }: Step,
  [held]: readonly HeldObject[],
  signal: AbortSignal,
): Promise<void> {
  if (held === undefined) await object.create(signal);
  else if (action === 'update') await object.update(held, signal);
  else await object.delete(held, signal);
}

function stepOf(object: ObservedObject, found: readonly HeldObject[], goal: Goal): Step {
  const { kind, title, wanted } = object;
  const [held] = found;
  const step = { kind, title, differences: [], ids: found.map(({ id }) => id) };
  if (found.length > 1) return { ...step, action: 'conflict' };
  if (goal === 'remove') return { ...step, action: held === undefined ? 'none' : 'delete' };
  if (held === undefined) return { ...step, action: 'create' };
  const differing = differences(wanted, held.view);
  return { ...step, action: differing.length === 0 ? 'none' : 'update', differences: differing };
}

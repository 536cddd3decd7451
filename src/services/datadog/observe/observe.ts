// alarmsync's own metrics -> a dashboard, a monitor and two downtimes at Datadog: made, shown where they differ, or taken away.

import { AlarmSyncError } from '../../../alarm/errors.ts';
import type { RequestGate } from '../../alarm-service.ts';
import { openDatadogApi, type DatadogApi, type DatadogApiSettings } from '../api.ts';
import { ObservedDashboard } from './dashboard.ts';
import { ObservedDowntime } from './downtimes.ts';
import { ObservedMonitor } from './monitor.ts';
import { settle, type Goal, type ObservedObject, type SettleSettings, type Step } from './objects.ts';
import type { ObserveWish } from './wish.ts';

export type { FieldDifference } from './comparison.ts';
export type { Goal, SettleSettings, Step } from './objects.ts';
export type { ObserveWish } from './wish.ts';

const PERMISSIONS =
  'the application key needs dashboards_read, dashboards_write, monitors_read, monitors_write and monitors_downtime';

export class Observation implements AsyncDisposable {
  readonly #api: DatadogApi;
  readonly #objects: readonly ObservedObject[];

  /** @throws {ALARMSYNC_SERVICE_ADDRESS} or {ALARMSYNC_SERVICE_CREDENTIALS} when the settings cannot be used. */
  constructor(settings: DatadogApiSettings, wish: ObserveWish, gate: RequestGate) {
    this.#api = openDatadogApi(settings, gate).api;
    // A monitor is never there without its downtimes, or it would tell at night.
    this.#objects = [
      new ObservedDowntime(this.#api, 'weeknights', wish),
      new ObservedDowntime(this.#api, 'weekends', wish),
      new ObservedMonitor(this.#api, wish),
      new ObservedDashboard(this.#api, wish),
    ];
  }

  /**
   * One thing after the other; each is given once it is settled, so that after an error it is known what was done.
   * @throws {ALARMSYNC_SERVICE_CREDENTIALS} for 401 and 403, or any other ALARMSYNC_SERVICE_ code.
   */
  async *steps(goal: Goal, settings: SettleSettings, signal: AbortSignal): AsyncGenerator<Step> {
    const objects = goal === 'remove' ? this.#objects.toReversed() : this.#objects;
    for (const object of objects) yield await named(async () => settle(object, goal, settings, signal));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#api[Symbol.asyncDispose]();
  }
}

async function named(action: () => Promise<Step>): Promise<Step> {
  try {
    return await action();
  } catch (thrown) {
    if (!(thrown instanceof AlarmSyncError) || (thrown.status !== 401 && thrown.status !== 403)) throw thrown;
    throw new AlarmSyncError('ALARMSYNC_SERVICE_CREDENTIALS', thrown.message, {
      status: thrown.status,
      failureClass: thrown.failureClass,
      hint: `check DD_API_KEY and DD_APP_KEY: ${PERMISSIONS}`,
    });
  }
}

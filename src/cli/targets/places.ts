// Targets -> where each of them is, proved to be places of their own, and locked.

import { AlarmSyncError, asAlarmSyncError } from '../../alarm/errors.ts';
import type { RunSettings } from '../../store/run-settings.ts';
import type { ServiceLock } from '../../store/service-lock.ts';
import type { StateDirectory } from '../../store/state-directory.ts';
import type { CommandContext } from '../command.ts';
import { keptSettings } from '../run-settings.ts';
import { connect, lockService, type ServiceConnection } from '../session.ts';
import { SECRETS } from '../secrets.ts';
import type { Target } from '../target-config.ts';

/** A target as its service says it is. */
export interface Place {
  readonly target: Target;
  /** Of the target. */
  readonly context: CommandContext;
  /** As far as the service can keep to them. */
  readonly settings: RunSettings;
  readonly connection: Pick<ServiceConnection, 'identity' | 'serviceKey'>;
}

/** Opens the service of each target and lets it go again; nothing is sent. @throws {AlarmSyncError} naming the target. */
export async function placeOf(target: Target, context: CommandContext, asked: RunSettings): Promise<Place> {
  try {
    await using connection = await connect(context, asked);
    const terminal = context.terminal.ofTarget(target.name);
    using _log = terminal.log;
    const settings = keptSettings(asked, connection.service, { ...context, terminal });
    const { identity, serviceKey } = connection;
    return { target, context, settings, connection: { identity, serviceKey } };
  } catch (thrown) {
    const error = asAlarmSyncError(thrown);
    throw new AlarmSyncError(error.code, `target ${target.name}: ${error.message}`, {
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
}

/**
 * Two targets in one place would each delete what the other made.
 * @throws {ALARMSYNC_CLI_USAGE} naming two that are at one service and not told apart.
 */
export function requireApart(places: readonly Place[]): void {
  for (const [at, one] of places.entries()) {
    const other = places.slice(0, at).find((earlier) => isSamePlace(earlier, one));
    if (other === undefined) continue;
    throw new AlarmSyncError(
      'ALARMSYNC_CLI_USAGE',
      `expected a service of its own for each target, got ${one.connection.identity.address} for ${other.target.name} and ${one.target.name}: each would delete the alarms of the other`,
      {
        hint: 'make them one target; or, where they are two accounts, give each an account, and secrets or in CloudWatch a profile of its own; a name_prefix tells apart what shares an account there',
      },
    );
  }
}

function isSamePlace(one: Place, other: Place): boolean {
  const [left, right] = [one.connection, other.connection];
  if (left.serviceKey === right.serviceKey) return true;
  if (left.identity.address !== right.identity.address) return false;
  const isNamedApart = one.target.account !== null && other.target.account !== null;
  // An account that is only named differently is the same one when the same credentials open it.
  if (isNamedApart && credentialsOf(one) !== credentialsOf(other)) return false;
  if (!isAtCloudWatch(one)) return isNamedApart;
  const [first, second] = [one, other].map(({ context }) => context.sections.cloudwatch.namePrefix);
  return isBeginning(first ?? '', second ?? '');
}

function isAtCloudWatch({ connection }: Place): boolean {
  return connection.identity.address.startsWith('cloudwatch:');
}

/** True when one of the two begins with the other. */
function isBeginning(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

/** What they are called: secrets are references. */
function credentialsOf(place: Place): string {
  const { cloudwatch, secrets } = place.context.sections;
  return isAtCloudWatch(place)
    ? cloudwatch.profile
    : JSON.stringify(SECRETS.map((name) => secrets[name] ?? null));
}

/** Locks all of the places, or none. @throws {ALARMSYNC_STORE_LOCKED} when another live run is at work on one. */
export async function lockPlaces(
  state: StateDirectory,
  places: readonly Place[],
  runId: string,
): Promise<Disposable> {
  const locks: ServiceLock[] = [];
  const release = (): void => {
    for (const lock of locks.toReversed()) lock[Symbol.dispose]();
  };
  try {
    // In one order for everybody: two that wait for each other would wait for ever.
    for (const { context, connection } of places.toSorted(byServiceKey))
      locks.push(await lockService(context, state, connection.serviceKey, runId));
    return { [Symbol.dispose]: release };
  } catch (thrown) {
    release();
    throw thrown;
  }
}

function byServiceKey(left: Place, right: Place): number {
  return left.connection.serviceKey < right.connection.serviceKey ? -1 : 1;
}

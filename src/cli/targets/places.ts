// Targets -> where each of them is, proved to be places of their own, and locked.

import { AlarmSyncError, asAlarmSyncError } from '../../alarm/errors.ts';
import type { RunSettings } from '../../store/run-settings.ts';
import type { ServiceLock } from '../../store/service-lock.ts';
import { serviceKeyOf, type StateDirectory } from '../../store/state-directory.ts';
import type { CommandContext } from '../command.ts';
import { keptSettings } from '../run-settings.ts';
import { connect, lockService, type ServiceConnection } from '../session.ts';
import { SECRETS } from '../secrets.ts';
import type { Target } from '../target-config.ts';
import { contextOf } from './choice.ts';

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

/** Where a target is. */
type Whereabouts = Pick<Place, 'target' | 'context' | 'connection'>;

/**
 * Two targets in one place would each delete what the other made, in one run or in two.
 * @param places of the targets that are chosen; the others of the configuration are looked at as far as they can be opened
 * @throws {ALARMSYNC_CLI_USAGE} naming two that are at one service and not told apart.
 */
export async function requireApart(context: CommandContext, places: readonly Place[]): Promise<void> {
  const all = [...places, ...(await openOthers(context, places))];
  for (const [at, one] of all.entries()) {
    const other = all.slice(0, at).find((earlier) => isSamePlace(earlier, one));
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

async function openOthers(
  context: CommandContext,
  places: readonly Place[],
): Promise<readonly Whereabouts[]> {
  const others: Whereabouts[] = [];
  for (const target of context.sections.targets ?? []) {
    if (places.some((place) => place.target.name === target.name)) continue;
    const own = contextOf(context, target);
    try {
      await using connection = await connect(own, { service: own.values.required('service'), adopts: false });
      const { identity, serviceKey } = connection;
      others.push({ target, context: own, connection: { identity, serviceKey } });
    } catch {
      // Its secrets may be elsewhere. When it is chosen itself, all the others are looked at again.
    }
  }
  return others;
}

function isSamePlace(one: Whereabouts, other: Whereabouts): boolean {
  const [left, right] = [one.connection, other.connection];
  if (left.serviceKey === right.serviceKey) return true;
  if (addressKeyOf(one) !== addressKeyOf(other) || isApartByName(one, other)) return false;
  // An account that is only named, or named for one of the two, is not another one by that.
  if (!isAtCloudWatch(one)) return one.target.account !== null || other.target.account !== null;
  const [first, second] = [one, other].map(({ context }) => context.sections.cloudwatch.namePrefix);
  return isBeginning(first ?? '', second ?? '');
}

/** True for two accounts that are named, and opened by credentials of their own. */
function isApartByName(one: Whereabouts, other: Whereabouts): boolean {
  if (one.target.account === null || other.target.account === null) return false;
  if (!isAtCloudWatch(one)) return secretsOf(one) !== secretsOf(other);
  const [first, second] = [one, other].map(({ context }) => context.sections.cloudwatch.profile);
  // Without one it may be any, the other's too.
  return first !== '' && second !== '' && first !== second;
}

/** The same for whatever spelling of this machine. */
function addressKeyOf({ connection }: Whereabouts): string {
  return serviceKeyOf({ address: connection.identity.address, account: '' });
}

function isAtCloudWatch({ connection }: Whereabouts): boolean {
  return connection.identity.address.startsWith('cloudwatch:');
}

/** True when one of the two begins with the other. */
function isBeginning(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

/** What they are called: each is a reference. */
function secretsOf({ context }: Whereabouts): string {
  return JSON.stringify(SECRETS.map((name) => context.sections.secrets[name] ?? null));
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

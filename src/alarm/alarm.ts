// What an alarm definition is: its members, their closed vocabularies, and the names that may carry one.
//
// Glossary, one word a concept:
//   desired     what the file says           existing  what the service lists
//   change      create, update or delete     operation a change in the plan, with its state
//   plan        all operations of one run    ledger    the plan file, seen as the record of what was sent
//   claim       take an operation to send; the intent is durable before anything leaves
//   settle      write an operation's outcome down
//   park        set an operation aside for good: the service refused it
//   drain       work the plan off: claim, check, pace, send, settle
//   sealed      said of a snapshot (file or listing) whose end was proved
//   weather     `in_alarm`: set by the service while an alarm fires, not part of the definition

import type { JsonObject } from './json.ts';

/** Shape: `{"name": "disk-full", "params": {"threshold": "90", …}}`, as on the wire. */
export interface AlarmDefinition {
  readonly name: string;
  readonly params: JsonObject;
}

/** Columns every file has, in the order in which their members are written. */
export const REQUIRED_MEMBERS = [
  'threshold',
  'metric_name',
  'comparison_method',
  'alarm_state',
  'tracking_metric_id',
  'contact',
  'metric_math',
] as const;

/** Columns a file may have; an empty cell means that the member is absent. */
export const OPTIONAL_MEMBERS = [
  'warning_threshold',
  'no_data_minutes',
  'message_alert',
  'message_warning',
  'message_no_data',
  'query_scope',
  'evaluation_window',
] as const;

export type Member = (typeof REQUIRED_MEMBERS)[number] | (typeof OPTIONAL_MEMBERS)[number];

export const KNOWN_MEMBERS: readonly Member[] = [...REQUIRED_MEMBERS, ...OPTIONAL_MEMBERS];

const KNOWN: ReadonlySet<string> = new Set(KNOWN_MEMBERS);

export function isKnownMember(member: string): member is Member {
  return KNOWN.has(member);
}

export const COMPARISON_METHODS = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'] as const;

export const ALARM_STATES = ['active', 'inactive', 'in_alarm'] as const;

/** Longest name and longest metric name, in UTF-8 bytes. */
export const MAX_NAME_BYTES = 1024;

/** Names that have none of the faults, told by one look: nearly all. */
const PLAIN_NAME = /^[ -~]{3,1024}$/;

/** Why a name cannot be used in a file, or undefined when it can. */
export function nameFault(name: string): string | undefined {
  if (PLAIN_NAME.test(name)) return undefined;
  if (name === '') return 'expected a name, got an empty cell';
  if (name === '.' || name === '..')
    return `expected a name that a URL can carry, got "${name}", which clients fold away`;
  if (/\p{Cc}/u.test(name)) return 'expected no control characters in a name';
  if (!isWellFormed(name)) return 'expected well-formed Unicode in a name, got a lone surrogate';
  const bytes = Buffer.byteLength(name);
  if (bytes > MAX_NAME_BYTES) return `expected a name of at most ${MAX_NAME_BYTES} bytes, got ${bytes}`;
  return undefined;
}

/** False when the text holds a lone surrogate, which UTF-8 cannot carry. */
export function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}

const RANKS: ReadonlyMap<string, number> = new Map(KNOWN_MEMBERS.map((member, rank) => [member, rank]));

/** Members in their one order, known ones first, so that equal definitions tend to be equal text. */
export function orderMembers(params: JsonObject): JsonObject {
  if (isOrdered(params)) return params;
  const entries = Object.entries(params);
  const known = KNOWN_MEMBERS.flatMap((member) => {
    const value = Object.hasOwn(params, member) ? params[member] : undefined;
    return value === undefined ? [] : [[member, value] as const];
  });
  return Object.fromEntries([...known, ...entries.filter(([member]) => !isKnownMember(member))]);
}

function isOrdered(params: JsonObject): boolean {
  let lastRank = -1;
  for (const member of Object.keys(params)) {
    const rank = RANKS.get(member) ?? KNOWN_MEMBERS.length;
    if (rank < lastRank) return false;
    lastRank = rank;
  }
  return true;
}

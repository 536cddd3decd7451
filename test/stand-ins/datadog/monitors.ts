// The monitors that the stand-in holds, by id, with what the server adds to a definition.

import { canonicalText, type Json, timeText } from './json.ts';
import type { Definition } from './monitor-rules.ts';
import { hasGroups } from './query.ts';

/** TS:v1 MonitorOverallStates. */
export type OverallState = 'Alert' | 'Ignored' | 'No Data' | 'OK' | 'Skipped' | 'Unknown' | 'Warn';

export interface HeldMonitor extends Definition {
  id: number;
  org_id: number;
  multi: boolean;
  created_at: number;
  created: string;
  modified: string;
  deleted: null;
  overall_state: OverallState;
  overall_state_modified: string | null;
  creator: { name: string; handle: string; email: string; id: number };
  restriction_policy: null;
  assets: Json[];
  run_as: null;
  restricted: boolean;
}

/** In the range of recorded ids and orgs. */
const FIRST_ID = 21_053_382;
export const ORG_ID = 1_300_336_245;

export class Monitors {
  readonly #nowEpochMs: () => number;
  readonly #held = new Map<number, HeldMonitor>();
  /** Ids of the monitors of one definition; two only where a test put them there. */
  readonly #idsByDefinition = new Map<string, Set<number>>();
  #lastId = FIRST_ID - 1;

  constructor(nowEpochMs: () => number) {
    this.#nowEpochMs = nowEpochMs;
  }

  get size(): number {
    return this.#held.size;
  }

  /** By ascending id, as in every recorded list. */
  all(): readonly HeldMonitor[] {
    return [...this.#held.values()].toSorted((left, right) => left.id - right.id);
  }

  find(id: number): HeldMonitor | undefined {
    return this.#held.get(id);
  }

  /** Keys and values as recorded for 216 creates; those of `run_as` and `restricted` are not verified. */
  add(definition: Definition, parts: Partial<HeldMonitor> = {}): HeldMonitor {
    const nowEpochMs = this.#nowEpochMs();
    const monitor: HeldMonitor = {
      id: parts.id ?? this.#lastId + 1,
      org_id: ORG_ID,
      ...definition,
      multi: hasGroups(definition.query),
      created_at: Math.floor(nowEpochMs / 1000) * 1000,
      created: timeText(nowEpochMs),
      modified: timeText(nowEpochMs),
      deleted: null,
      overall_state: 'No Data',
      overall_state_modified: null,
      creator: { name: 'frog', handle: 'frog@example.com', email: 'frog@example.com', id: 1_445_416 },
      restriction_policy: null,
      assets: [],
      run_as: null,
      restricted: false,
      ...parts,
    };
    this.#lastId = Math.max(this.#lastId, monitor.id);
    this.#keep(monitor);
    return monitor;
  }

  /** Replaces parts of a monitor; its time of modification moves unless given. */
  change(id: number, parts: Partial<HeldMonitor>): HeldMonitor | undefined {
    const held = this.#held.get(id);
    if (held === undefined) return undefined;
    const changed = { ...held, modified: timeText(this.#nowEpochMs()), ...parts };
    this.remove(id);
    this.#keep({ ...changed, multi: hasGroups(changed.query) });
    return this.#held.get(id);
  }

  setState(id: number, state: OverallState): boolean {
    const held = this.#held.get(id);
    if (held === undefined) return false;
    held.overall_state = state;
    held.overall_state_modified = timeText(this.#nowEpochMs());
    return true;
  }

  remove(id: number): boolean {
    const held = this.#held.get(id);
    if (held === undefined) return false;
    const key = definitionKey(held);
    const ids = this.#idsByDefinition.get(key);
    ids?.delete(id);
    if (ids?.size === 0) this.#idsByDefinition.delete(key);
    return this.#held.delete(id);
  }

  /** Another monitor with this very definition. */
  duplicateOf(definition: Definition, exceptId?: number): HeldMonitor | undefined {
    const ids = this.#idsByDefinition.get(definitionKey(definition)) ?? [];
    for (const id of ids) if (id !== exceptId) return this.#held.get(id);
    return undefined;
  }

  #keep(monitor: HeldMonitor): void {
    this.#held.set(monitor.id, monitor);
    const key = definitionKey(monitor);
    const ids = this.#idsByDefinition.get(key) ?? new Set<number>();
    this.#idsByDefinition.set(key, ids.add(monitor.id));
  }
}

/** recorded: SC TestMonitorsResources.test_resource_sync; in all 13 cases these were equal, every option among them. */
function definitionKey({ name, message, query, tags, type, priority, options }: Definition): string {
  const written = Object.entries(options).filter(([key]) => key !== 'silenced' && key !== 'avalanche_window');
  return canonicalText([name, message, query, tags, type, priority, Object.fromEntries(written)]);
}

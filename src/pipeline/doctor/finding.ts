// What the doctor says about one point.

/** `bad`: something can be lost, doubled or deleted that should not be, or runs cannot work. `note`: known, and allowed for. */
export type Level = 'good' | 'note' | 'bad';

export interface Finding {
  readonly check:
    | 'reach'
    | 'page'
    | 'order'
    | 'total'
    | 'read'
    | 'missing'
    | 'etag'
    | 'names'
    | 'state'
    | 'members'
    | 'quota'
    | 'clock'
    | 'create'
    | 'create-again'
    | 'update'
    | 'stale-write'
    | 'delete';
  readonly level: Level;
  /** What was found, and what it means for safety and speed. */
  readonly message: string;
  /** The flag that follows from it, such as `--page-size 500`. */
  readonly setting?: string;
}

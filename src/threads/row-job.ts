// What the source's thread and its helper's say to each other.

import type { PlainError } from '../alarm/plain-error.ts';
import type { Decoded } from '../pipeline/source/decoding.ts';
import type { RecordRun } from '../pipeline/source/record-splitter.ts';
import type { DecodedRows } from '../pipeline/source/row-decoder.ts';
import type { FitSettings } from '../services/registry.ts';

/** What a helper is started with. */
export interface RowHelperSettings {
  readonly columns: readonly (string | undefined)[];
  /** What the rows are for; null when they are only looked at. */
  readonly service: FitSettings | null;
}

/** Runs to decode; answers come in the same order. */
export interface RowRequest {
  readonly runs: readonly RecordRun[];
}

export type RowAnswer =
  | { readonly type: 'decoded'; readonly decoded: readonly PackedDecoded[] }
  | { readonly type: 'error'; readonly error: PlainError };

/** Rows column by column: names and texts hold no line feed, so that one string carries a batch of them; that is copied as bytes, where each string by itself takes a microsecond. */
type PackedRows = Omit<DecodedRows, 'rows'> & {
  readonly names: string;
  readonly lines: readonly number[];
  readonly bodies: string;
};

export type PackedDecoded = PackedRows | Exclude<Decoded, DecodedRows>;

export function packDecoded(decoded: Decoded): PackedDecoded {
  if (decoded.kind !== 'rows') return decoded;
  const { rows, ...others } = decoded;
  return {
    ...others,
    names: rows.map(({ name }) => name).join('\n'),
    lines: rows.map(({ line }) => line),
    bodies: rows.map(({ body }) => body).join('\n'),
  };
}

export function unpackDecoded(packed: PackedDecoded): Decoded {
  if (packed.kind !== 'rows') return packed;
  const { names, lines, bodies, ...others } = packed;
  const nameOf = names.split('\n');
  const bodyOf = bodies.split('\n');
  const rows = lines.map((line, index) => ({ name: nameOf[index] ?? '', line, body: bodyOf[index] ?? '' }));
  return { ...others, rows };
}

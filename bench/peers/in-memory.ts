// Peer: the obvious script. File and listing each wholly in a Map, then a loop over each.
//
// node in-memory.js ADDRESS CSV; prints the counts as JSON.

import { createReadStream } from 'node:fs';

import { parse } from 'csv-parse';

import { contactsOf } from './contacts.ts';
import { pagesOf } from './pages.ts';

type Row = Readonly<Record<string, string>>;

interface Definition {
  readonly name: string;
  readonly params: Readonly<Record<string, string>> & { readonly contact: readonly string[] };
}

const [address = '', csvFile = ''] = process.argv.slice(2);

const [desired, existing] = await Promise.all([readFile(), list()]);
const counts = { creates: 0, updates: 0, deletes: 0 };
for (const [name, row] of desired) {
  const params = existing.get(name);
  if (params === undefined) counts.creates += 1;
  else if (!isSame(row, params)) counts.updates += 1;
}
for (const name of existing.keys()) if (!desired.has(name)) counts.deletes += 1;
console.log(JSON.stringify(counts));

async function readFile(): Promise<ReadonlyMap<string, Row>> {
  const rows = new Map<string, Row>();
  for await (const record of createReadStream(csvFile).pipe(parse({ columns: true }))) {
    const row = decodeRow(record);
    rows.set(row['name'] ?? '', row);
  }
  return rows;
}

async function list(): Promise<ReadonlyMap<string, Definition['params']>> {
  const alarms = new Map<string, Definition['params']>();
  for await (const page of pagesOf(address)) {
    for (const { name, params } of decodePage(page)) alarms.set(name, params);
  }
  return alarms;
}

/** Bytes first; meaning only where they differ. */
function isSame(row: Row, params: Definition['params']): boolean {
  return (
    row['metric_name'] === params['metric_name'] &&
    (row['threshold'] === params['threshold'] || Number(row['threshold']) === Number(params['threshold'])) &&
    isSameFolded(row['comparison_method'], params['comparison_method']) &&
    isSameFolded(row['tracking_metric_id'], params['tracking_metric_id']) &&
    isSameFolded(row['metric_math'], params['metric_math']) &&
    (row['alarm_state'] === params['alarm_state'] ||
      (row['alarm_state'] === 'active' && params['alarm_state'] === 'in_alarm')) &&
    contactKey(contactsOf(row['contact'] ?? '')) === contactKey(params.contact)
  );
}

function isSameFolded(left: string | undefined, right: string | undefined): boolean {
  return left === right || left?.toLowerCase() === right?.toLowerCase();
}

function contactKey(contacts: readonly string[]): string {
  return contacts.length < 2 ? (contacts[0] ?? '') : contacts.toSorted().join(';');
}

function decodePage(page: Buffer): readonly Definition[] {
  return (JSON.parse(page.toString()) as { alarms: Definition[] }).alarms;
}

function decodeRow(record: unknown): Row {
  return record as Row;
}

// A number of rows -> a file and a service's listing that differ in a known way, the same for everyone.
//
// Of a hundred alarms that the service holds, in the file
//   1 is missing             -> a delete
//   1 has another threshold  -> an update
//   1 is only spelt otherwise (case, order of contacts), 1 is firing: equal in meaning, not in bytes
//   96 are alike to the byte
// and the file has 1 that the service lacks -> a create.
// File and listing stand in different orders: nothing may be faster for finding one side in the order of the other.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { finished, pipeline } from 'node:stream/promises';

import { generateCsv } from '../src/pipeline/source/generate.ts';

/** `plain`: one record in four has a quoted cell. `multiline`: every record goes over two lines, and is csv-parse's alone. */
export type Quoting = 'plain' | 'multiline';

export interface World {
  readonly rowCount: number;
  /** The file: its path and bytes. */
  readonly csvFile: string;
  readonly csvBytes: number;
  /** The pages of the listing, one after the other; `pageOffsets` says where each starts, and where the last ends. */
  readonly pagesFile: string;
  readonly pageOffsets: readonly number[];
  readonly pagesBytes: number;
  /** What any right answer counts. */
  readonly createCount: number;
  readonly updateCount: number;
  readonly deleteCount: number;
}

const PAGE_ROW_COUNT = 1000;

/** Marks a layout of the data: files of an older one are not taken. */
const LAYOUT = 3;

/** The file's rows are dealt out to so many heaps, which then follow one another. */
const HEAP_COUNT = 64;

const HEADER =
  'name,threshold,metric_name,comparison_method,alarm_state,tracking_metric_id,contact,metric_math\n';

interface Row {
  readonly name: string;
  readonly threshold: string;
  /** metric_name to tracking_metric_id, as they stand. */
  readonly middle: readonly [string, string, string, string];
  readonly contacts: readonly string[];
  readonly metricMath: string;
}

/** Makes the files under `directory`, or takes those of an earlier run. */
export async function makeWorld(directory: string, rowCount: number, quoting: Quoting): Promise<World> {
  const key = createHash('sha256').update(`${LAYOUT} ${rowCount} ${quoting}`).digest('hex').slice(0, 8);
  const folder = path.join(directory, `${quoting}-${rowCount}-${key}`);
  const described = path.join(folder, 'world.json');
  if (!existsSync(described)) {
    mkdirSync(folder, { recursive: true });
    const world = await writeWorld(folder, rowCount, quoting);
    writeFileSync(`${described}.new`, JSON.stringify(world));
    renameSync(`${described}.new`, described);
  }
  return decodeWorld(readFileSync(described, 'utf8'));
}

function decodeWorld(text: string): World {
  return JSON.parse(text) as World;
}

async function writeWorld(folder: string, rowCount: number, quoting: Quoting): Promise<World> {
  const heaps = Array.from(
    { length: HEAP_COUNT },
    (_, heap) => new Sink(path.join(folder, `heap-${heap}.csv`)),
  );
  const deal = async (row: Row): Promise<void> => {
    const heap = heaps[createHash('sha1').update(row.name).digest().readUInt8(0) % HEAP_COUNT];
    await heap?.write(csvText(row, quoting));
  };
  const pages = new Sink(path.join(folder, 'pages.json'));
  const pageOffsets = [0];
  const counts = { createCount: 0, updateCount: 0, deleteCount: 0 };
  let index = 0;
  let page: string[] = [];
  const flushPage = async (): Promise<void> => {
    const nextCursor = index < rowCount ? JSON.stringify(String(pageOffsets.length)) : 'null';
    await pages.write(`{"alarms":[${page.join(',')}],"next_cursor":${nextCursor},"total":${rowCount}}`);
    pageOffsets.push(pages.bytes);
    page = [];
  };
  for (const row of rows(rowCount, 1)) {
    index += 1;
    page.push(definitionText(row, index % 100 === 41));
    if (page.length === PAGE_ROW_COUNT || index === rowCount) await flushPage();
    if (index % 100 === 7) {
      counts.deleteCount += 1;
    } else if (index % 100 === 13) {
      counts.updateCount += 1;
      await deal({ ...row, threshold: `7${index}` });
    } else if (index % 100 === 29) {
      await deal(respelt(row));
    } else {
      await deal(row);
    }
    if (index % 100 === 0) {
      counts.createCount += 1;
      await deal({ ...row, name: `new/${row.name}` });
    }
  }
  await pages.end();
  const csv = path.join(folder, 'alarms.csv');
  await joinHeaps(heaps, csv);
  return {
    rowCount,
    csvFile: csv,
    csvBytes: statSync(csv).size,
    pagesFile: pages.file,
    pageOffsets,
    pagesBytes: pages.bytes,
    ...counts,
  };
}

async function joinHeaps(heaps: readonly Sink[], file: string): Promise<void> {
  writeFileSync(file, HEADER);
  for (const heap of heaps) {
    await heap.end();
    await pipeline(createReadStream(heap.file), createWriteStream(file, { flags: 'a' }));
    rmSync(heap.file);
  }
}

function* rows(count: number, seed: number): Generator<Row> {
  let text = '';
  let isHeader = true;
  for (const piece of generateCsv({ count, seed })) {
    text += piece;
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      if (!isHeader) yield parseRow(text.slice(start, end));
      isHeader = false;
      start = end + 1;
    }
    text = text.slice(start);
  }
}

/** A generated row: no cell but the contact holds a comma or a quote. */
function parseRow(line: string): Row {
  const [name = '', threshold = '', metricName = '', method = '', state = '', id = ''] = line.split(',', 6);
  const start =
    name.length + threshold.length + metricName.length + method.length + state.length + id.length + 6;
  const end = line.lastIndexOf(',');
  const cell = line.slice(start, end);
  const contacts = cell.startsWith('"')
    ? parseStrings(cell.slice(1, -1).replaceAll('""', '"'))
    : cell
        .split(';')
        .map((contact) => contact.trim())
        .filter((contact) => contact !== '');
  return {
    name,
    threshold,
    middle: [metricName, method, state, id],
    contacts,
    metricMath: line.slice(end + 1),
  };
}

function parseStrings(text: string): readonly string[] {
  return JSON.parse(text) as string[];
}

function definitionText(row: Row, isFiring: boolean): string {
  const [metricName, method, state, id] = row.middle;
  return JSON.stringify({
    name: row.name,
    params: {
      threshold: row.threshold,
      metric_name: metricName,
      comparison_method: method,
      alarm_state: isFiring && state === 'active' ? 'in_alarm' : state,
      tracking_metric_id: id,
      contact: row.contacts,
      metric_math: row.metricMath,
    },
  });
}

function respelt(row: Row): Row {
  const [metricName, method, state, id] = row.middle;
  const other = method === method.toUpperCase() ? method.toLowerCase() : method.toUpperCase();
  return { ...row, middle: [metricName, other, state, id], contacts: row.contacts.toReversed() };
}

function csvText(row: Row, quoting: Quoting): string {
  return `${row.name},${row.threshold},${row.middle.join(',')},${contactCell(row.contacts, quoting)},${row.metricMath}\n`;
}

function contactCell(contacts: readonly string[], quoting: Quoting): string {
  const list = JSON.stringify(contacts).replaceAll('"', '""');
  if (quoting === 'multiline') return `"[\n${list.slice(1)}"`;
  return contacts.length > 0 && contacts.length % 2 === 0 ? `"${list}"` : contacts.join(';');
}

/** A file that is written in large pieces. */
class Sink {
  readonly file: string;
  readonly #stream;
  #piece = '';
  bytes = 0;

  constructor(file: string) {
    this.file = file;
    this.#stream = createWriteStream(file);
  }

  async write(text: string): Promise<void> {
    this.#piece += text;
    this.bytes += Buffer.byteLength(text);
    if (this.#piece.length < 1 << 20) return;
    const piece = this.#piece;
    this.#piece = '';
    if (!this.#stream.write(piece)) await once(this.#stream, 'drain');
  }

  async end(): Promise<void> {
    this.#stream.end(this.#piece);
    await finished(this.#stream);
  }
}

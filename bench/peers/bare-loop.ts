// Peer: as many loops as there may be requests in flight, each sending the next create as soon as it has its answer.
//
// node bare-loop.js ADDRESS CSV CONCURRENCY; prints as JSON how many it sent, and the time from the first to the last.
// It keeps no ledger, looks at nothing but the status, and has all rows in memory before it starts.

import { createReadStream } from 'node:fs';

import { parse } from 'csv-parse';
import { Pool } from 'undici';

import { contactsOf } from './contacts.ts';

const [address = '', csvFile = '', concurrency = ''] = process.argv.slice(2);

const definitions: object[] = [];
for await (const record of createReadStream(csvFile).pipe(parse({ columns: true }))) {
  const { name, contact = '', ...others } = decodeRow(record);
  definitions.push({ name, params: { ...others, contact: contactsOf(contact) } });
}

const pool = new Pool(address, { connections: Number(concurrency) });
const rest = definitions.values();
const startedMs = performance.now();
await Promise.all(Array.from({ length: Number(concurrency) }, sendInTurn));
console.log(JSON.stringify({ operationCount: definitions.length, wallMs: performance.now() - startedMs }));
await pool.close();

async function sendInTurn(): Promise<void> {
  for (const definition of rest) {
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: '/alarms',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(definition),
    });
    await body.text();
    if (statusCode !== 200) throw new Error(`expected 200 for a create, got ${statusCode}`);
  }
}

function decodeRow(record: unknown): Readonly<Record<string, string>> {
  return record as Record<string, string>;
}

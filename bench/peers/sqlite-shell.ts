// Peer: dump the pages over HTTP, then let the sqlite3 shell import both sides and count by meaning.
//
// node sqlite-shell.js ADDRESS CSV FOLDER; prints the counts as JSON.

import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { dumpPages } from './dump-pages.ts';

const [address = '', csvFile = '', folder = ''] = process.argv.slice(2);
const pagesFile = path.join(folder, 'pages.ndjson');
await dumpPages(address, pagesFile);

const COLUMNS = ['threshold', 'metric_name', 'comparison_method', 'alarm_state', 'tracking_metric_id'];
const ALL_COLUMNS = [...COLUMNS, 'contact', 'metric_math'];

/** The contacts of a cell or of a JSON array as one sorted text. */
const contacts = (json: string): string =>
  `(SELECT group_concat(contact, ';') FROM (SELECT DISTINCT trim(value) AS contact FROM json_each(${json}) ORDER BY 1))`;

const CELL_AS_JSON = `iif(d.contact LIKE '[%', d.contact,
  iif(d.contact = '', '[]', '["' || replace(d.contact, ';', '","') || '"]'))`;

/** Bytes first; meaning only where they differ. The database is scratch, so nothing of it is made durable. */
const SCRIPT = `
.bail on
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE desired (name TEXT PRIMARY KEY, ${ALL_COLUMNS.map((name) => `${name} TEXT`).join(', ')});
CREATE TABLE existing (name TEXT PRIMARY KEY, ${ALL_COLUMNS.map((name) => `${name} TEXT`).join(', ')});
CREATE TABLE page (body TEXT);
.import --csv --skip 1 ${JSON.stringify(csvFile)} desired
.mode ascii
.separator "\\037" "\\n"
.import ${JSON.stringify(pagesFile)} page
INSERT INTO existing
SELECT value ->> 'name', ${ALL_COLUMNS.map((name) => `value ->> '$.params.${name}'`).join(', ')}
FROM page, json_each(page.body, '$.alarms');
.mode list
SELECT json_object(
  'creates', (SELECT count(*) FROM desired AS d WHERE NOT EXISTS (SELECT 1 FROM existing AS e WHERE e.name = d.name)),
  'deletes', (SELECT count(*) FROM existing AS e WHERE NOT EXISTS (SELECT 1 FROM desired AS d WHERE d.name = e.name)),
  'updates', (SELECT count(*) FROM desired AS d JOIN existing AS e ON e.name = d.name WHERE NOT (
    d.metric_name = e.metric_name
    AND (d.threshold = e.threshold OR CAST(d.threshold AS REAL) = CAST(e.threshold AS REAL))
    AND (d.comparison_method = e.comparison_method OR lower(d.comparison_method) = lower(e.comparison_method))
    AND (d.alarm_state = e.alarm_state OR d.alarm_state = 'active' AND e.alarm_state = 'in_alarm')
    AND (d.tracking_metric_id = e.tracking_metric_id OR lower(d.tracking_metric_id) = lower(e.tracking_metric_id))
    AND (d.contact = e.contact OR ${CELL_AS_JSON} = e.contact
      OR ${contacts(CELL_AS_JSON)} IS ${contacts('e.contact')})
    AND (d.metric_math = e.metric_math OR lower(d.metric_math) = lower(e.metric_math)))));
`;

const { status, stdout, stderr } = spawnSync('sqlite3', [path.join(folder, 'scratch.db')], {
  input: SCRIPT,
  encoding: 'utf8',
});
if (status !== 0 || stderr !== '') throw new Error(`sqlite3 ended with ${status}: ${stderr}`);
// The first line is what the change of the journal's mode answers.
console.log(stdout.trim().split('\n').at(-1));

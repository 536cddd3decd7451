// Peer: dump the pages over HTTP, then let DuckDB count creates, updates and deletes by meaning.
//
// node duckdb.js ADDRESS CSV FOLDER; prints the counts as JSON.

import path from 'node:path';

import { DuckDBInstance } from '@duckdb/node-api';

import { dumpPages } from './dump-pages.ts';

const [address = '', csvFile = '', folder = ''] = process.argv.slice(2);
const pagesFile = path.join(folder, 'pages.ndjson');
await dumpPages(address, pagesFile);

/**
 * Bytes first; meaning (decimals, case, order of contacts, weather) only where they differ, as alarmsync does.
 * `maximum_object_size` stays at its default of 16 MiB: 64 MiB leave fewer buffers for the threads to share, and took
 * twice as long for 400 000 rows. Joins on the differing rows alone were tried and took as long: most of it is reading.
 */
const SQL = `
  WITH desired AS (
    FROM read_csv(${sqlText(csvFile)}, header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')
  ), existing AS (
    SELECT alarm.name AS name, unnest(alarm.params)
    FROM (SELECT unnest(alarms) AS alarm
          FROM read_json(${sqlText(pagesFile)}, format = 'newline_delimited',
            columns = {alarms: 'STRUCT(name VARCHAR, params STRUCT(threshold VARCHAR, metric_name VARCHAR,
              comparison_method VARCHAR, alarm_state VARCHAR, tracking_metric_id VARCHAR, contact VARCHAR[],
              metric_math VARCHAR))[]'}))
  )
  SELECT count(*) FILTER (e.name IS NULL) AS creates,
         count(*) FILTER (d.name IS NULL) AS deletes,
         count(*) FILTER (d.name IS NOT NULL AND e.name IS NOT NULL AND NOT (
           d.metric_name = e.metric_name
           AND (d.threshold = e.threshold OR d.threshold::DOUBLE = e.threshold::DOUBLE)
           AND lower(d.comparison_method) = lower(e.comparison_method)
           AND (d.alarm_state = e.alarm_state OR e.alarm_state = 'in_alarm' AND d.alarm_state = 'active')
           AND (d.tracking_metric_id = e.tracking_metric_id OR lower(d.tracking_metric_id) = lower(e.tracking_metric_id))
           AND (coalesce(d.contact, '') = array_to_string(e.contact, ';')
                OR list_sort(list_distinct(contacts_of(d.contact))) = list_sort(list_distinct(e.contact)))
           AND lower(d.metric_math) = lower(e.metric_math))) AS updates
  FROM desired AS d FULL JOIN existing AS e ON d.name = e.name`;

const CONTACTS_OF = `
  CREATE MACRO contacts_of(cell) AS CASE
    WHEN cell LIKE '[%' THEN from_json(cell, '["VARCHAR"]')
    ELSE list_filter(list_transform(string_split(coalesce(cell, ''), ';'), lambda part: trim(part)),
                     lambda part: part <> '')
  END`;

function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();
await connection.run(CONTACTS_OF);
const [counts] = (await connection.runAndReadAll(SQL)).getRowObjects();
console.log(
  JSON.stringify(counts, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
);

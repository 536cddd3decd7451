// A sealed file and a sealed listing of everybody's alarms -> the operations that take over what one row and one alarm name alike.

import type Database from 'better-sqlite3';

import { OWNED_PARAMS } from '../../alarm/adoption.ts';
import { stringifyJson } from '../../alarm/json.ts';
import { paramsText } from '../../alarm/params-text.ts';
import type { PlanFile } from '../../store/plan-file.ts';
import { eachPartition } from '../../store/partition.ts';
import { attach, defineBodyOf, readCounted, sqlOf } from './attached.ts';
import type { DiffCounts } from './diff.ts';
import type { SealedFiles, SieveSettings } from './sieve.ts';

export interface AdoptionDeps extends SealedFiles {
  readonly plan: PlanFile;
}

const TABLES = `
  CREATE TEMP TABLE looked_at (scope, exclude, protect);
  CREATE TEMP TABLE matched (
    name TEXT, line INTEGER, text TEXT, handle TEXT, etag TEXT, raw TEXT, is_held_twice INTEGER
  );
  CREATE TEMP TABLE counted AS SELECT 0 AS desired_in_scope, 0 AS existing_in_scope, 0 AS existing`;

/** An alarm that is ours already needs nothing; a name that several alarms have is left alone, since nobody knows which is meant. */
const OPERATIONS = `
  INSERT INTO main.operation (action, name, file_line, state, failure_class, failure_message)
  SELECT 'update', name, line,
         iif(is_held_twice, 'conflict', 'pending'),
         iif(is_held_twice, 'other', NULL),
         iif(is_held_twice, 'the service holds this name more than once', NULL)
  FROM temp.matched
  WHERE is_held_twice OR text <> :owned
  ORDER BY is_held_twice, name`;

const IMAGES = `
  INSERT INTO main.image (operation_id, before_params, after_params, handle, etag, raw)
  SELECT o.id, body_of(m.text), :ownedBody, m.handle, m.etag, m.raw
  FROM main.operation AS o JOIN temp.matched AS m ON m.name = o.name`;

/** Writes every taking over into the plan file, in one transaction. Rows without an alarm, and alarms without a row, are left alone. */
export function computeAdoption(deps: AdoptionDeps, settings: SieveSettings): DiffCounts {
  const { database } = deps.plan;
  attach(database, deps.desiredFile, 'desired');
  attach(database, deps.existingFile, 'existing');
  defineBodyOf(database);
  const counts = database.transaction(() => {
    database.exec(TABLES);
    const { scope, exclude, protect } = settings;
    database.prepare('INSERT INTO temp.looked_at VALUES (?, ?, ?)').run(scope, exclude, protect);
    for (const sql of eachPartition(sqlOf('adoption.sql'))) database.exec(sql);
    database.exec('CREATE UNIQUE INDEX temp.matched_by_name ON matched (name)');
    const owned = paramsText(OWNED_PARAMS);
    database.prepare(OPERATIONS).run({ owned });
    database.prepare(IMAGES).run({ ownedBody: stringifyJson(OWNED_PARAMS) });
    return readCounts(database, owned);
  })();
  database.exec(
    'DROP TABLE temp.matched; DROP TABLE temp.counted; DROP TABLE temp.looked_at; DETACH desired; DETACH existing',
  );
  deps.plan.buildIndexes();
  return counts;
}

function readCounts(database: Database.Database, owned: string): DiffCounts {
  const counted = readCounted(database);
  const unchangedCount = database
    .prepare<[string], number>('SELECT count(*) FROM temp.matched WHERE NOT is_held_twice AND text = ?')
    .pluck()
    .get(owned);
  return {
    ...counted,
    unchangedCount: unchangedCount ?? 0,
    unaddressableCount: 0,
    protectedCount: 0,
  };
}

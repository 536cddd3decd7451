// A preload for the built command line: KILL_POINT=`Ledger.record before 3` -> the process kills itself at that passing.
//
// Given as `node --import`, it wraps methods of the compiled modules, in the main thread and in every worker; the product
// knows nothing of it. KILL_POINT_COUNTS=FILE kills nothing, and appends a JSON line of passings by point as each thread ends.

import { appendFileSync } from 'node:fs';
import process from 'node:process';

import Database from 'better-sqlite3';

import { HttpTransport } from '../../dist/services/http.js';
import { DesiredStaging } from '../../dist/store/desired-staging.js';
import { ExistingStaging } from '../../dist/store/existing-staging.js';
import { Ledger } from '../../dist/store/ledger.js';
import { OperationTable } from '../../dist/store/operation-table.js';
import { PlanFile } from '../../dist/store/plan-file.js';
import { RunTable } from '../../dist/store/run-table.js';
import { ServiceLock } from '../../dist/store/service-lock.js';
import { StateDirectory } from '../../dist/store/state-directory.js';

// Inside the transaction of the diff SQL calls back. Its plan file gets a small cache, so that pages reach the file
// before the commit, as those of a large plan do.
const diff = { laidOver: (work) => work() };
replace(Database.prototype, 'function', (original) => {
  return function define(name, options, work) {
    if (name !== 'laid_over') return original.call(this, name, options, work);
    this.pragma('cache_size = 8');
    const laidOver = (desired, existing) => diff.laidOver(() => work(desired, existing));
    return original.call(this, name, options, laidOver);
  };
});

const once = () => 1;

/** How many operations one transaction settles depends on timing, so operations are counted, not transactions. */
const perSettlement = (settlements) => settlements.length;

const perWrite = (request) => (request.kind === 'write' ? 1 : 0);

/** Point -> what holds the method, its key, and how many passings one call stands for. */
const POINTS = {
  'diff.laidOver': [diff, 'laidOver', once],
  'DesiredStaging.append': [DesiredStaging.prototype, 'append', once],
  'DesiredStaging.buildIndex': [DesiredStaging.prototype, 'buildIndex', once],
  'DesiredStaging.seal': [DesiredStaging.prototype, 'seal', once],
  'ExistingStaging.appendPage': [ExistingStaging.prototype, 'appendPage', once],
  'ExistingStaging.buildIndex': [ExistingStaging.prototype, 'buildIndex', once],
  'ExistingStaging.seal': [ExistingStaging.prototype, 'seal', once],
  'HttpTransport.request': [HttpTransport.prototype, 'request', perWrite],
  'Ledger.record': [Ledger.prototype, 'record', perSettlement],
  'OperationTable.claim': [OperationTable.prototype, 'claim', once],
  'OperationTable.listUnknown': [OperationTable.prototype, 'listUnknown', once],
  'OperationTable.releaseForResume': [OperationTable.prototype, 'releaseForResume', once],
  'OperationTable.settle': [OperationTable.prototype, 'settle', perSettlement],
  'PlanFile.buildIndexes': [PlanFile.prototype, 'buildIndexes', once],
  'PlanFile.close': [PlanFile.prototype, Symbol.dispose, once],
  'PlanFile.create': [PlanFile, 'create', once],
  'PlanFile.restartPlanning': [PlanFile.prototype, 'restartPlanning', once],
  'PlanFile.startDraining': [PlanFile.prototype, 'startDraining', once],
  'RunTable.insert': [RunTable.prototype, 'insert', once],
  'RunTable.noteApproved': [RunTable.prototype, 'noteApproved', once],
  'RunTable.noteDraining': [RunTable.prototype, 'noteDraining', once],
  'RunTable.noteEnded': [RunTable.prototype, 'noteEnded', once],
  'RunTable.notePlanned': [RunTable.prototype, 'notePlanned', once],
  'RunTable.noteSource': [RunTable.prototype, 'noteSource', once],
  'ServiceLock.acquire': [ServiceLock, 'acquire', once],
  'StateDirectory.noteCompleted': [StateDirectory.prototype, 'noteCompleted', once],
  'StateDirectory.noteStarted': [StateDirectory.prototype, 'noteStarted', once],
  'StateDirectory.register': [StateDirectory.prototype, 'register', once],
};

const { KILL_POINT: wanted, KILL_POINT_COUNTS: countsFile } = process.env;
if (wanted !== undefined) killAt(...wanted.split(' '));
if (countsFile !== undefined) countInto(countsFile);

function killAt(point, when, passing) {
  wrap(point, (count, isBefore) => {
    const isReached = count.before < Number(passing) && Number(passing) <= count.after;
    if (isReached && isBefore === (when === 'before')) process.kill(process.pid, 'SIGKILL');
  });
}

function countInto(file) {
  const counts = {};
  for (const point of Object.keys(POINTS)) wrap(point, ({ after }) => (counts[point] = after));
  process.on('exit', () => appendFileSync(file, `${JSON.stringify(counts)}\n`));
}

function wrap(point, look) {
  const [holder, key, passingsOf] = POINTS[point];
  let passedCount = 0;
  replace(holder, key, (original) => {
    return function wrapped(...args) {
      const count = { before: passedCount, after: (passedCount += passingsOf(...args)) };
      look(count, true);
      const result = original.apply(this, args);
      if (!(result instanceof Promise)) {
        look(count, false);
        return result;
      }
      return result.then((value) => {
        look(count, false);
        return value;
      });
    };
  });
}

function replace(holder, key, make) {
  holder[key] = make(holder[key]);
}

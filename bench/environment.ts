// This machine and checkout -> the first line of the results: what the figures depend on.

import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { version as duckdbVersion } from '@duckdb/node-api';
import Database from 'better-sqlite3';

import { redisVersion } from './measuring/redis.ts';
import { sqliteShellVersion } from './plan-subject.ts';
import { ROOT } from './places.ts';
import type { EnvironmentLine } from './report/result.ts';

export function describeEnvironment(rowCount: number, runCount: number): EnvironmentLine {
  return {
    question: 'environment',
    date: new Date().toISOString().slice(0, 10),
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    core_count: os.availableParallelism(),
    memory_bytes: os.totalmem(),
    os: `${os.type()} ${os.release().replace(/-.*/, '')} ${os.arch()}`,
    node: process.versions.node,
    alarmsync: versionIn(ROOT),
    sqlite: sqliteVersion(),
    duckdb: duckdbVersion().replace(/^v/, ''),
    csv_parse: versionIn(path.join(ROOT, 'node_modules/csv-parse')),
    undici: versionIn(path.join(ROOT, 'node_modules/undici')),
    sqlite3_shell: sqliteShellVersion() ?? 'none',
    redis: redisVersion() ?? 'none',
    row_count: rowCount,
    run_count: runCount,
  };
}

/** Of the SQLite that is built into better-sqlite3. */
function sqliteVersion(): string {
  const database = new Database(':memory:');
  const version = database.prepare<[], string>('SELECT sqlite_version()').pluck().get();
  database.close();
  return version ?? 'unknown';
}

function versionIn(folder: string): string {
  return parseVersion(readFileSync(path.join(folder, 'package.json'), 'utf8'));
}

function parseVersion(text: string): string {
  return (JSON.parse(text) as { version: string }).version;
}

// Pairs of files, as imports that the directions of the architecture forbid or permit.

import path from 'node:path';

export interface SourceFile {
  /** Relative to src, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** At least one violation of each direction: how the rule begins, the file that breaks it, the file it must not import. */
export const PLANTS = [
  ['alarm imports nothing of ours', 'alarm/planted.ts', 'store/target.ts'],
  ['store imports alarm', 'store/planted.ts', 'pipeline/diff/diff.ts'],
  ['telemetry names import alarm', 'telemetry/names.ts', 'telemetry/target.ts'],
  ['telemetry subscribers import alarm', 'telemetry/planted.ts', 'pipeline/sync.ts'],
  ['telemetry subscribers import alarm', 'telemetry/planted2.ts', 'services/rest/rest.ts'],
  ['telemetry subscribers import alarm', 'telemetry/planted3.ts', 'services/registry.ts'],
  ['a stage imports neither', 'pipeline/drain/planted.ts', 'pipeline/plan/plan.ts'],
  ['a stage imports neither', 'pipeline/listing/planted.ts', 'services/rest/rest.ts'],
  ['a stage imports neither', 'pipeline/listing/planted2.ts', 'services/http.ts'],
  ['a stage imports neither', 'pipeline/source/planted.ts', 'telemetry/target.ts'],
  ['a stage imports neither', 'pipeline/source/planted2.ts', 'pipeline/sync.ts'],
  ['the run imports stages', 'pipeline/planted.ts', 'services/rest/rest.ts'],
  ['the run imports stages', 'pipeline/planted2.ts', 'pipeline/drain/pacer.ts'],
  ['the run imports stages', 'pipeline/planted3.ts', 'services/registry.ts'],
  ['the registry alone', 'services/registry.ts', 'server/alarm-store.ts'],
  ['the embedded adapter imports no adapter', 'services/embedded/planted.ts', 'services/rest/rest.ts'],
  ['the embedded adapter imports no adapter', 'services/embedded/planted2.ts', 'server/routes.ts'],
  ['an adapter imports no other adapter', 'services/aodh/planted.ts', 'services/rest/rest.ts'],
  ['an adapter imports no other adapter', 'services/aodh/planted2.ts', 'services/registry.ts'],
  ['an adapter imports no other adapter', 'services/aodh/planted3.ts', 'server/alarm-store.ts'],
  ['an adapter imports no other adapter', 'services/datadog/observe/planted.ts', 'services/rest/rest.ts'],
  ['an adapter imports no other adapter', 'services/datadog/observe/planted2.ts', 'services/registry.ts'],
  ['what adapters share', 'services/planted.ts', 'services/rest/rest.ts'],
  ['what adapters share', 'services/planted2.ts', 'services/registry.ts'],
  ['what adapters share', 'services/planted3.ts', 'pipeline/sync.ts'],
  ['the server imports alarm', 'server/planted.ts', 'services/http.ts'],
  ['the queue imports the run', 'queue/planted.ts', 'services/rest/rest.ts'],
  ['the queue imports the run', 'queue/planted2.ts', 'pipeline/drain/drain.ts'],
  ['a worker entry', 'threads/planted.ts', 'cli/main.ts'],
  ['the API includes neither', 'index.ts', 'cli/main.ts'],
] as const;

/** What each kind of file may import, so that a checker that refuses everything is found out. */
export const PERMITTED = [
  ['store/a.ts', 'alarm/target.ts'],
  ['telemetry/a.ts', 'services/http.ts'],
  ['pipeline/drain/a.ts', 'services/retry.ts'],
  ['pipeline/drain/a2.ts', 'services/alarm-service.ts'],
  ['pipeline/drain/a3.ts', 'telemetry/names.ts'],
  ['pipeline/drain/a4.ts', 'store/target.ts'],
  ['pipeline/a.ts', 'pipeline/diff/diff.ts'],
  ['pipeline/a2.ts', 'telemetry/target.ts'],
  ['services/registry.ts', 'services/rest/rest.ts'],
  ['services/rest/a.ts', 'services/http.ts'],
  ['services/datadog/observe/a.ts', 'services/http.ts'],
  ['services/datadog/observe/a2.ts', 'services/datadog/api.ts'],
  ['services/datadog/observe/a3.ts', 'alarm/target.ts'],
  ['services/embedded/a.ts', 'server/alarm-store.ts'],
  ['server/a.ts', 'alarm/target.ts'],
  ['queue/a.ts', 'pipeline/sync.ts'],
  ['queue/a2.ts', 'services/registry.ts'],
  ['threads/a.ts', 'services/rest/rest.ts'],
  ['cli/a.ts', 'services/rest/rest.ts'],
  ['index.ts', 'pipeline/sync.ts'],
] as const;

function specifier(from: string, target: string): string {
  const relative = path.posix.relative(path.posix.dirname(from), target);
  return relative.startsWith('.') ? relative : `./${relative}`;
}

/** Two files, the first of which imports the second. */
export function planted(from: string, target: string): SourceFile[] {
  return [
    { path: from, text: `import { thing } from '${specifier(from, target)}';\n\nthing();\n` },
    { path: target, text: 'export function thing(): void {}\n' },
  ];
}

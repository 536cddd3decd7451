// Preloaded into a process and its threads: writes down, as each ends, which OpenTelemetry packages it has loaded.

import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';
import { threadId } from 'node:worker_threads';

const { cache } = createRequire(import.meta.url);

process.on('exit', () => {
  const packages = Object.keys(cache).flatMap((file) => /@opentelemetry\/[a-z-]+/u.exec(file) ?? []);
  const line = JSON.stringify({ threadId, packages: [...new Set(packages)] });
  appendFileSync(process.env.LOADED_MODULES_FILE, `${line}\n`);
});

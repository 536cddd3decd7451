// Preloaded into a process and its threads: writes down, as each ends, which of the packages it has loaded that only some runs need.

import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';
import { threadId } from 'node:worker_threads';

const { cache } = createRequire(import.meta.url);

process.on('exit', () => {
  const packages = Object.keys(cache).flatMap(
    (file) => /@opentelemetry\/[a-z-]+|(?<=node_modules\/)(?:bullmq|ioredis)(?=\/)/u.exec(file) ?? [],
  );
  const line = JSON.stringify({ threadId, packages: [...new Set(packages)] });
  appendFileSync(process.env.LOADED_MODULES_FILE, `${line}\n`);
});

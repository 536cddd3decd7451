// A listing service -> its pages in one file, a line each: what a script does before it asks another tool to compare.

import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';

import { pagesOf } from './pages.ts';

export async function dumpPages(address: string, file: string): Promise<void> {
  const output = createWriteStream(file);
  for await (const page of pagesOf(address)) {
    output.write(page);
    if (!output.write('\n')) await once(output, 'drain');
  }
  output.end();
  await finished(output);
}

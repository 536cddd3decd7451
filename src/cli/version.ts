// The version of this package, read from its own package.json.

import { createRequire } from 'node:module';

export const VERSION: string = readVersion();

function readVersion(): string {
  const content: unknown = createRequire(import.meta.url)('../../package.json');
  return typeof content === 'object' && content !== null && 'version' in content
    ? String(content.version)
    : '0.0.0';
}

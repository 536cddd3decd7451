// The pages of a world -> an alarm service that only lists, as cheap as Node can: what is measured is who asks.
//
// Run as a process of its own: node page-server.js WORLD.json; it prints its address.

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { createServer } from 'node:http';

const [described = ''] = process.argv.slice(2);
const { pagesFile, pageOffsets } = decodeWorld(readFileSync(described, 'utf8'));
const file = openSync(pagesFile, 'r');

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const start = pageOffsets[Number(url.searchParams.get('cursor') ?? 0)];
  const end = pageOffsets[Number(url.searchParams.get('cursor') ?? 0) + 1];
  if (url.pathname !== '/alarms' || start === undefined || end === undefined) {
    response.writeHead(404).end();
    return;
  }
  const body = Buffer.allocUnsafe(end - start);
  readSync(file, body, 0, body.length, start);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) console.log(`http://127.0.0.1:${address.port}`);
});
process.on('exit', () => closeSync(file));

function decodeWorld(text: string): { readonly pagesFile: string; readonly pageOffsets: readonly number[] } {
  return JSON.parse(text) as { pagesFile: string; pageOffsets: number[] };
}

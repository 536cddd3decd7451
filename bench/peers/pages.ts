// A listing service -> its pages, one after the other: each says where the next one starts.

import { Pool } from 'undici';

/** The bytes of each page, over one connection. @throws {Error} for any answer but a page. */
export async function* pagesOf(address: string): AsyncGenerator<Buffer> {
  const pool = new Pool(address, { connections: 1 });
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { statusCode, body } = await pool.request({ method: 'GET', path: `/alarms?limit=1000${from}` });
    if (statusCode !== 200) throw new Error(`expected a page, got ${statusCode}`);
    const page = Buffer.from(await body.arrayBuffer());
    yield page;
    // The cursor is near the end: no need to parse the page for it.
    cursor = /"next_cursor":"([^"]*)"/.exec(page.subarray(-100).toString())?.[1];
  }
  await pool.close();
}

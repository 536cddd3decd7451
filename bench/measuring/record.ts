// The counting service's address -> what it has seen.

export interface ServiceRecord {
  /** On the clock of `monotonicMs`. */
  readonly writeArrivalsMs: readonly number[];
  readonly listingCount: number;
  readonly readCount: number;
}

export async function readRecord(address: string): Promise<ServiceRecord> {
  return decodeRecord(await ask(`${address}/bench/record`, 'GET'));
}

export async function readWriteCount(address: string): Promise<number> {
  return Number(await ask(`${address}/bench/write-count`, 'GET'));
}

/** What came so far is not told of again; what was created stays. */
export async function forgetRecord(address: string): Promise<void> {
  await ask(`${address}/bench/forget`, 'POST');
}

async function ask(url: string, method: string): Promise<string> {
  const response = await fetch(url, { method });
  if (response.status !== 200) throw new Error(`expected ${url} to answer 200, got ${response.status}`);
  return response.text();
}

function decodeRecord(text: string): ServiceRecord {
  return JSON.parse(text) as ServiceRecord;
}

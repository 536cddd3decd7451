// An agent that takes DogStatsD datagrams over UDP or a Unix socket and lets nothing pass that the format does not allow.
// Source of the format: Datadog's documentation, "DogStatsD: datagram format and shell usage".

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createRequire } from 'node:module';

import { onTestFinished } from 'vitest';

export interface ReceivedMetric {
  readonly name: string;
  readonly type: 'c' | 'g' | 'd';
  readonly value: number;
  /** In the order in which they came. */
  readonly tags: readonly string[];
}

/** Fits an Ethernet frame with the headers of IP and UDP: what is longer may be lost on the way. */
const MAX_DATAGRAM_BYTES = 1432;

const MESSAGE =
  /^([a-zA-Z][a-zA-Z0-9_.]{0,199}):(-?\d+(?:\.\d+)?(?:e-?\d+)?)\|(c|g|d)(?:\|#([^|]+))?(?:\|c:[\w-]+)?$/u;
const TAG = /^\p{L}[\p{L}\p{N}_\-:./{}]{0,199}$/u;

export class DogStatsdAgent {
  readonly metrics: ReceivedMetric[] = [];
  /** What came and is none. */
  readonly breaches: string[] = [];
  datagramCount = 0;
  /** Shape: `127.0.0.1:40123`, or a path. */
  readonly address: string;
  #onDatagram: (() => void) | undefined;

  constructor(address: string) {
    this.address = address;
  }

  /** What is on its way when a sender ends comes later. */
  async until(isEnough: () => boolean): Promise<void> {
    while (!isEnough()) {
      await new Promise<void>((resolve) => {
        this.#onDatagram = resolve;
      });
    }
  }

  has(name: string): boolean {
    return this.metrics.some((metric) => metric.name === name);
  }

  /** The sum of the counts with all of these tags. */
  sum(name: string, ...tags: readonly string[]): number {
    return this.#matching(name, tags).reduce((sum, { value }) => sum + value, 0);
  }

  /** The last value with all of these tags. */
  last(name: string, ...tags: readonly string[]): number | undefined {
    return this.#matching(name, tags).at(-1)?.value;
  }

  #matching(name: string, tags: readonly string[]): readonly ReceivedMetric[] {
    return this.metrics.filter(
      (metric) => metric.name === name && tags.every((tag) => metric.tags.includes(tag)),
    );
  }

  take(datagram: Buffer): void {
    this.datagramCount += 1;
    if (datagram.length > MAX_DATAGRAM_BYTES) this.breaches.push(`a datagram of ${datagram.length} bytes`);
    const lines = datagram.toString().replace(/\n$/u, '').split('\n');
    for (const line of lines) {
      const metric = metricOf(line);
      if (metric === undefined) this.breaches.push(line);
      else this.metrics.push(metric);
    }
    this.#onDatagram?.();
  }
}

function metricOf(line: string): ReceivedMetric | undefined {
  const [, name = '', value = '', type, tagText] = MESSAGE.exec(line) ?? [];
  const tags = tagText?.split(',') ?? [];
  if (type !== 'c' && type !== 'g' && type !== 'd') return undefined;
  return tags.every((tag) => TAG.test(tag)) ? { name, type, value: Number(value), tags } : undefined;
}

/** Starts one that stops with the test. */
export async function startDogStatsd(): Promise<DogStatsdAgent> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { address, port } = socket.address();
  const agent = new DogStatsdAgent(`${address}:${port}`);
  socket.on('message', (datagram) => agent.take(datagram));
  onTestFinished(() => {
    socket.close();
  });
  return agent;
}

interface UnixDatagramSocket {
  bind(path: string): void;
  close(): void;
}

/** The same at a Unix socket. */
export function startDogStatsdSocket(path: string): DogStatsdAgent {
  const agent = new DogStatsdAgent(path);
  // The package has no types.
  const {
    createSocket: createUnixSocket,
  }: {
    createSocket: (type: 'unix_dgram', onDatagram: (datagram: Buffer) => void) => UnixDatagramSocket;
  } = createRequire(import.meta.url)('unix-dgram');
  const socket = createUnixSocket('unix_dgram', (datagram) => agent.take(datagram));
  socket.bind(path);
  onTestFinished(() => socket.close());
  return agent;
}

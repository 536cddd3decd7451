// A way to a service, on which the connections that are open may fall silent: nobody closes them, and nothing comes through any more.

import { connect, createServer, type Socket } from 'node:net';

import { listen } from '../http.loopback.ts';

/** What is lost of them: requests, which then never reach the service, or its answers. */
export type Lost = 'requests' | 'answers';

export interface Forwarder {
  readonly url: string;
  /** From now on, of each connection that is open. Those that are opened later go on. */
  readonly fallSilent: (lost: Lost) => void;
}

interface Way {
  readonly client: Socket;
  readonly service: Socket;
}

export async function startForwarder(serviceUrl: string): Promise<Forwarder> {
  const port = Number(new URL(serviceUrl).port);
  const open = new Set<Way>();
  const server = createServer((client) => {
    const service = connect(port, '127.0.0.1');
    const way = { client, service };
    open.add(way);
    client.pipe(service).pipe(client);
    for (const socket of [client, service]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(way);
        client.destroy();
        service.destroy();
      });
    }
  });
  return {
    url: await listen(server),
    fallSilent: (lost) => {
      for (const { client, service } of open) {
        const [from, to] = lost === 'requests' ? [client, service] : [service, client];
        from.unpipe(to);
        from.resume();
      }
    },
  };
}

// An address -> a connection that is reset, not closed, when a request on it is given up without an answer.

import type { Socket } from 'node:net';

import type { buildConnector } from 'undici';

/**
 * How a client of undici connects, made of undici's own way to do it.
 *
 * A closed connection is not the end of what was written to it: while the network is cut, the kernel keeps those bytes and delivers
 * them once it is healed, seconds after the request was given up and perhaps after its alarm was looked up. A reset makes the kernel
 * drop them at once (RFC 9293, 3.10.5). Idle connections are closed as ever.
 */
export function resettingConnector(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) => {
    const isPlain = options.protocol !== 'https:';
    const port = options.port || (isPlain ? '80' : '443');
    // Only the socket below TLS can be reset, so it is made first.
    connect({ ...options, protocol: 'http:', port }, (...below) => {
      if (below[0] !== null) callback(...below);
      else if (isPlain) callback(null, resetUnanswered(below[1], below[1]));
      else startTls(connect, { ...options, port, httpSocket: below[1] }, callback);
    });
  };
}

function startTls(
  connect: buildConnector.connector,
  options: buildConnector.Options & { readonly httpSocket: Socket },
  callback: buildConnector.Callback,
): void {
  try {
    connect(options, (...secure) => {
      if (secure[0] !== null) callback(...secure);
      else callback(null, resetUnanswered(secure[1], options.httpSocket));
    });
  } catch (thrown) {
    // As for protocol versions that exclude each other; whoever called is no longer there to catch it.
    options.httpSocket.destroy();
    callback(thrown instanceof Error ? thrown : new Error(String(thrown)), null);
  }
}

/** @param below carries the bytes of `socket`: itself, or what TLS runs over, which TLS destroys when it is destroyed */
function resetUnanswered(socket: Socket, below: Socket): Socket {
  const close = below.destroy.bind(below);
  let answeredBytes = socket.bytesWritten;
  let isReset = false;
  let reason: Error | undefined;
  // A connection carries one request at a time: what was written before anything was read has arrived. It is emitted at the end too.
  socket.on('readable', () => {
    if (socket.readableLength > 0) answeredBytes = socket.bytesWritten;
  });
  below.destroy = (error) => {
    if (isReset || socket.bytesWritten === answeredBytes) return close(reason ?? error);
    isReset = true;
    reason = error;
    // Comes back here.
    return below.resetAndDestroy();
  };
  return socket;
}

// Turns one abort signal into any number of abort listeners, behind a single event listener.

const listenersBySignal = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls the listener once when the signal aborts; gives back what takes it off again.
 * Node warns of a leak at the eleventh event listener on one signal, and a run has more requests than that in flight.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const listeners = listenersBySignal.get(signal) ?? listenTo(signal);
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const listeners = new Set<() => void>();
  listenersBySignal.set(signal, listeners);
  signal.addEventListener(
    'abort',
    () => {
      for (const listener of listeners) listener();
      listeners.clear();
    },
    { once: true },
  );
  return listeners;
}

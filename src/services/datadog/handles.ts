// What a contact's handle looks like in Datadog: an e-mail address is one as it stands.

import type { HandleForm } from '../contacts.ts';

const ADDRESS = /^[^\s@/{}]+@[^\s@/{}]+$/u;

/** Datadog's documentation of e-mail notifications: addresses with a slash are not supported. */
function addressHandle(contact: string): string | undefined {
  return ADDRESS.test(contact) ? `@${contact}` : undefined;
}

function addressOf(handle: string): string | undefined {
  const address = handle.slice(1);
  return ADDRESS.test(address) ? address : undefined;
}

export const DATADOG_HANDLES: HandleForm = {
  isHandle: (text) => /^@\S+$/u.test(text),
  handleOf: addressHandle,
  contactOf: addressOf,
};

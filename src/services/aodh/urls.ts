// What a contact is in Aodh: the URL that is notified, which its user has to name.

import type { HandleForm } from '../contacts.ts';

/** Source: Aodh's administrator guide, alarm actions. */
export const ACTION_URLS: HandleForm = {
  isHandle: (text) => /^(?:(?:trust\+)?(?:https?|zaqar)|log):\/\/\S*$/u.test(text),
  handleOf: () => undefined,
  contactOf: () => undefined,
};

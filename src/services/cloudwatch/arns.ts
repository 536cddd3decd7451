// What a contact is in CloudWatch: the ARN of an action, which its user has to name.

import type { HandleForm } from '../contacts.ts';

/** The ARN of a topic, a function or another action. */
export const ARNS: HandleForm = {
  isHandle: (text) => /^arn:[^\s]{1,1020}$/u.test(text),
  handleOf: () => undefined,
  contactOf: () => undefined,
};

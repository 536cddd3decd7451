// Contacts of a definition <-> the handles by which a service notifies them. What an `ldap:`, `posix:` or `ticket:` contact is there only its
// user knows.

/**
 * Handles by contact, as configured. Shape: `{"ticket:OPS": "@servicenow-ops", "ldap:*": "@team-*"}`; a star at the end stands for the
 * rest of the text, on both sides.
 */
export type ContactHandles = Readonly<Record<string, string>>;

/** What a handle looks like at a service. */
export interface HandleForm {
  readonly isHandle: (text: string) => boolean;
  /** The handle of a contact that needs no entry; undefined for one that does. */
  readonly handleOf: (contact: string) => string | undefined;
  /** And back. */
  readonly contactOf: (handle: string) => string | undefined;
}

interface Rule {
  readonly contact: string;
  readonly handle: string;
}

/** Reads handles back into contacts, so that no two contacts may have one handle. */
export class ContactMap {
  readonly #handles: ReadonlyMap<string, string>;
  readonly #contacts: ReadonlyMap<string, string>;
  /** Those with a star, without it, longest first: the narrowest rule counts. */
  readonly #prefixes: readonly Rule[];
  readonly #form: HandleForm;

  constructor(handles: ContactHandles, form: HandleForm) {
    this.#form = form;
    const rules = Object.entries(handles).map(([contact, handle]) => ({ contact, handle }));
    const whole = rules.filter(({ contact }) => !contact.endsWith('*'));
    this.#handles = new Map(whole.map(({ contact, handle }) => [contact, handle]));
    this.#contacts = new Map(whole.map(({ contact, handle }) => [handle, contact]));
    this.#prefixes = rules
      .filter(({ contact }) => contact.endsWith('*'))
      .map(({ contact, handle }) => ({ contact: contact.slice(0, -1), handle: handle.slice(0, -1) }))
      .toSorted((left, right) => right.contact.length - left.contact.length);
  }

  /** Undefined for a contact that has none, or one that would be read back as another. */
  handleOf(contact: string): string | undefined {
    const handle = this.#mapped(contact) ?? this.#form.handleOf(contact);
    if (handle === undefined || !this.#form.isHandle(handle)) return undefined;
    return this.contactOf(handle) === contact ? handle : undefined;
  }

  /** A handle that no rule knows is a contact by itself: somebody else wrote it. */
  contactOf(handle: string): string {
    const whole = this.#contacts.get(handle);
    if (whole !== undefined) return whole;
    const rule = this.#prefixes.find(
      (candidate) => handle.startsWith(candidate.handle) && handle.length > candidate.handle.length,
    );
    if (rule !== undefined) return rule.contact + handle.slice(rule.handle.length);
    return this.#form.contactOf(handle) ?? handle;
  }

  #mapped(contact: string): string | undefined {
    const whole = this.#handles.get(contact);
    if (whole !== undefined) return whole;
    const rule = this.#prefixes.find((candidate) => contact.startsWith(candidate.contact));
    return rule === undefined ? undefined : rule.handle + contact.slice(rule.contact.length);
  }
}

// A contact cell -> the list of contacts it names.

import { isWellFormed } from './alarm.ts';

export type ContactCell = { readonly contacts: readonly string[] } | { readonly reason: string };

/** One address as most files write it: nothing to trim, split or look at twice. */
const PLAIN_ADDRESS = /^[\w.+-]+@[\w.-]+$/;

/**
 * Reads a JSON array (`["a@b.c","ldap:ops"]`) or a list split by `;`. Parts are trimmed, empty ones dropped;
 * an empty cell means none. The order and spelling of the file are kept.
 */
export function decodeContactCell(cell: string): ContactCell {
  if (PLAIN_ADDRESS.test(cell)) return { contacts: [cell] };
  const parts = cell.trimStart().startsWith('[') ? jsonParts(cell) : cell.split(';');
  if (parts === undefined)
    return { reason: 'expected a JSON array of strings, or contacts separated by ";"' };
  const contacts = parts.map((part) => part.trim()).filter((part) => part !== '');
  const strange = contacts.find((contact) => !isContact(contact));
  if (strange === undefined) return { contacts };
  return {
    reason: `expected an e-mail address, ldap:…, posix:… or ticket:…, got ${JSON.stringify(strange)}`,
  };
}

function isContact(contact: string): boolean {
  if (!isWellFormed(contact)) return false;
  return /^(?:ldap|posix|ticket):.*\S/su.test(contact) || /^[^\s@]+@[^\s@]+$/u.test(contact);
}

function jsonParts(cell: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(cell);
    return isStringArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** True for an array of strings and nothing else. */
export function isStringArray(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((part) => typeof part === 'string');
}

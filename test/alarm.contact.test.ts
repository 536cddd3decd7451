import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeContactCell } from '../src/alarm/contact.ts';

describe('a contact cell', () => {
  it.each([
    ['', []],
    ['  ', []],
    [' ; ;', []],
    ['[]', []],
    ['a@b.c', ['a@b.c']],
    [' a@b.c ; ldap:ops;;posix:root', ['a@b.c', 'ldap:ops', 'posix:root']],
    ['["a@b.c","ldap:ops"]', ['a@b.c', 'ldap:ops']],
    [' [" a@b.c ", ""] ', ['a@b.c']],
    ['["ticket:a;b"]', ['ticket:a;b']],
    ['ticket:Q 7 urgent', ['ticket:Q 7 urgent']],
    ['ldap:cn=ops@example', ['ldap:cn=ops@example']],
    ['B@x;A@x;B@x', ['B@x', 'A@x', 'B@x']],
  ])('reads %j as %j, spelling and order kept', (cell, contacts) => {
    expect(decodeContactCell(cell)).toEqual({ contacts });
  });

  it.each([
    ['an address with two @', 'a@b@c'],
    ['an address with a space', 'a b@c'],
    ['no @ and no kind', 'root'],
    ['an empty local part', '@example.com'],
    ['an empty domain', 'a@'],
    ['an empty rest', 'ldap:'],
    ['a blank rest', '["posix:  "]'],
    ['a kind in upper case', 'LDAP:ops'],
    ['an unknown kind', 'pager:7'],
    ['a good contact beside a bad one', 'a@b.c;root'],
    ['broken JSON', '["a@b.c"'],
    ['a list of something else', '[1]'],
    ['nested lists', '[["a@b.c"]]'],
    ['a lone surrogate', '["a\\ud800@b.c"]'],
  ])('refuses %s', (_what, cell) => {
    expect(decodeContactCell(cell)).toHaveProperty('reason', expect.stringContaining('expected'));
  });

  it('says the same in both forms', () => {
    const part = fc.constantFrom('a@b.c', 'x@y', 'ldap:ops', 'posix:root', 'ticket:7', ' ldap:pad ', '', ' ');
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        expect(decodeContactCell(JSON.stringify(parts))).toEqual(decodeContactCell(parts.join(';')));
      }),
    );
  });
});

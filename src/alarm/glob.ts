// A GLOB pattern as SQLite reads it -> a test of whole names, for where there is no database at hand.

/** Tests whole names, case-sensitive: `*` any text, `?` one character, `[a-f]` one of a set, `[^a-f]` one of none. */
export function globTest(pattern: string): (name: string) => boolean {
  const characters = Array.from(pattern);
  let source = '';
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    if (character === '[') {
      const set = readSet(characters, at + 1);
      // A set that is not closed matches nothing, whatever stands around it.
      if (set === undefined) return () => false;
      source += set.source;
      at = set.end;
    } else if (character === '*') {
      if (!source.endsWith('[^]*')) source += '[^]*';
    } else {
      source += character === '?' ? '[^]' : escaped(character);
    }
  }
  const whole = new RegExp(`^${source}$`, 'u');
  return (name) => whole.test(name);
}

/** The set whose first character stands at `start`, and where its bracket closes. As `patternCompare` of SQLite's func.c. */
function readSet(
  characters: readonly string[],
  start: number,
): { readonly source: string; readonly end: number } | undefined {
  let at = start;
  const isInverted = characters[at] === '^';
  if (isInverted) at += 1;
  let members = '';
  let prior: string | undefined;
  // Right after the bracket a closing one is a member.
  if (characters[at] === ']') {
    members += escaped(']');
    at += 1;
  }
  for (; at < characters.length && characters[at] !== ']'; at += 1) {
    const [character = '', next = ']'] = characters.slice(at, at + 2);
    if (character === '-' && prior !== undefined && next !== ']') {
      members += rangeOf(prior, next);
      prior = undefined;
      at += 1;
    } else {
      members += escaped(character);
      prior = character;
    }
  }
  if (at >= characters.length) return undefined;
  return { source: `[${isInverted ? '^' : ''}${members}]`, end: at };
}

/** One that goes backwards holds nothing. */
function rangeOf(first: string, last: string): string {
  return codeOf(first) <= codeOf(last) ? `${escaped(first)}-${escaped(last)}` : '';
}

function escaped(character: string): string {
  return `\\u{${codeOf(character).toString(16)}}`;
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

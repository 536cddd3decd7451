// Text from outside -> text that is safe to show to a person.

/** Backslashes that could be taken for those of an escape. */
const AMBIGUOUS = /\\+(?=u\{|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}])/gu;

/** Control and format characters, line and paragraph separators, lone surrogates: all that could hide or reorder text. */
const DECEPTIVE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** As `shown`, for text in which names were quoted already. */
export function safe(text: string): string {
  return text.replace(DECEPTIVE, escapeOf);
}

/**
 * Escapes what a terminal or a browser would act on instead of showing it: control and bidirectional characters.
 * Shape: U+202E becomes `\u{202e}`; backslashes before it or before `u{` are doubled, so that no text looks like another.
 */
export function shown(text: string): string {
  return text.replace(AMBIGUOUS, (backslashes) => backslashes + backslashes).replace(DECEPTIVE, escapeOf);
}

function escapeOf(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

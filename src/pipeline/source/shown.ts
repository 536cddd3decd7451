// Text from the file -> text that is safe and short enough to stand in a message.

const MAX_SHOWN_LENGTH = 60;

/** The text in quotes, cut to a length that fits a line. */
export function shown(text: string): string {
  const cut = text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text;
  return `"${printable(cut)}"`;
}

/** The text with control, formatting and bidirectional characters escaped: they would act on the terminal that shows them. */
export function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

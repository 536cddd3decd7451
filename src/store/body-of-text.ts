// An abbreviated text of params -> the SQL that writes it out.

import { ABBREVIATED_FRAGMENTS } from '../alarm/params-text.ts';

/** An expression over a column named `text`. Only read for the few rows that turn out to differ. */
export const BODY_OF_TEXT: string = ABBREVIATED_FRAGMENTS.reduce(
  (sql, fragment, index) => `replace(${sql}, char(${index + 1}), '${fragment}')`,
  'text',
);

// Texts and cells -> HTML in which nothing acts: every text from outside is escaped on its way in.

import { shown } from './escape.ts';

/** HTML that was put together here; a plain text is never taken for it. */
export interface Html {
  readonly html: string;
}

type Piece = Html | string | number;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text for content or a quoted attribute: what a browser would act on is escaped, and what would reorder what is read. */
export function escapeHtml(text: string): string {
  return shown(text).replaceAll(/[&<>"']/gu, (character) => ENTITIES[character] ?? '');
}

/** A template whose texts and numbers are escaped, and whose HTML and lists of it stand as they are. */
export function markup(
  parts: TemplateStringsArray,
  ...values: readonly (Piece | readonly Html[] | null)[]
): Html {
  const filled = parts.map((part, index) => part + pieceOf(values[index] ?? null));
  return { html: filled.join('') };
}

function pieceOf(value: Piece | readonly Html[] | null): string {
  if (value === null) return '';
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return numberText(value);
  return 'html' in value ? value.html : value.map((piece) => piece.html).join('');
}

/** Shape: `1 240 000` with thin spaces that do not break, two decimals at most. */
export function numberText(value: number): string {
  const [whole = '', fraction] = String(Math.round(value * 100) / 100).split('.');
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/gu, '\u202F');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Shape: `1 alarm`, `3 alarms`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${numberText(count)} ${count === 1 ? noun : plural}`;
}

/** A moment, in UTC, for people and machines. Shape: `2026-11-26 20:36:07 UTC`. */
export function timeElement(epochMs: number): Html {
  const iso = isoTime(epochMs);
  return markup`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

/** Shape: `2026-11-26T20:36:07.123Z`. A moment that no calendar has, in a file that somebody edited, is the first one. */
export function isoTime(epochMs: number): string {
  return new Date(Math.abs(epochMs) <= 8.64e15 ? epochMs : 0).toISOString();
}

export interface Table {
  readonly caption: string;
  /** The first column heads each row. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Piece[])[];
}

/** A table with its caption, in a box of its own that scrolls where the page is too narrow. Numbers stand to the right. */
export function table({ caption, columns, rows }: Table): Html {
  const isNumber = columns.map((_, index) => index > 0 && rows.every((row) => isFigure(row[index])));
  const classOf = (index: number): Html => (isNumber[index] === true ? markup` class="number"` : markup``);
  const head = columns.map((column, index) => markup`<th scope="col"${classOf(index)}>${column}</th>`);
  const body = rows.map((row) => {
    const cells = row.map((cell, index) =>
      index === 0 ? markup`<th scope="row">${cell}</th>` : markup`<td${classOf(index)}>${cell}</td>`,
    );
    return markup`<tr>
      ${cells}
    </tr>\n`;
  });
  return markup`<div class="scroll" role="region" tabindex="0" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>\n`;
}

/** A number, a share, or a dash where there is none. */
function isFigure(cell: Piece | undefined): boolean {
  return typeof cell === 'number' || (typeof cell === 'string' && /^(?:–|[\d\u202F.]+ %)$/u.test(cell));
}

/** Facts, each under its name. */
export function facts(list: readonly (readonly [name: string, value: Piece])[]): Html {
  return markup`<dl>
    ${list.map(
      ([name, value]) =>
        markup`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>\n`,
    )}
  </dl>\n`;
}

export function section(id: string, title: string, ...content: readonly Html[]): Html {
  return markup`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${content}
  </section>\n`;
}

/** Sentences, each a paragraph. */
export function paragraphs(...sentences: readonly string[]): Html {
  return markup`${sentences.map((sentence) => markup`<p>${sentence}</p>\n`)}`;
}

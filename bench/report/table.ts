// The results of a benchmark -> the Markdown that the README shows.

import { grouped } from './amount.ts';
import type { Figure } from './figure.ts';
import { figuresOf } from './figures.ts';
import type { EnvironmentLine, Results } from './result.ts';

/** One table a run. */
export function reportText(runs: readonly Results[]): string {
  return runs.map(runText).join('\n');
}

function runText({ environment, lines }: Results): string {
  return [
    environmentText(environment),
    '',
    ...markdownTable(
      ['what', 'alarmsync', 'beside', 'ratio', 'goal', ''],
      figuresOf(lines).map((figure) => [
        figure.what,
        figure.ours,
        figure.beside,
        ratioText(figure),
        figure.goal?.text ?? '',
        figure.verdict ?? '',
      ]),
    ),
    '',
  ].join('\n');
}

/** One sentence on when, where and with what. */
function environmentText(environment: EnvironmentLine): string {
  const text = (key: string): string => String(environment[key] ?? 'unknown');
  const memoryGigabytes = Math.round(Number(environment['memory_bytes'] ?? 0) / 2 ** 30);
  const shell = text('sqlite3_shell') === 'none' ? '' : `, sqlite3 shell ${text('sqlite3_shell')}`;
  return (
    `Measured on ${environment.date} on ${text('cpu')}, ${text('core_count')} cores, ${memoryGigabytes} GiB, ${text('os')}, ` +
    `with alarmsync ${text('alarmsync')}, Node.js ${text('node')}, SQLite ${text('sqlite')}, csv-parse ${text('csv_parse')}, ` +
    `undici ${text('undici')}, DuckDB ${text('duckdb')}${shell}. ` +
    `${spreadText(Number(environment['run_count']))}; ` +
    `${grouped(Number(environment['row_count'] ?? 0))} rows where nothing else is said.`
  );
}

function spreadText(runCount: number): string {
  return runCount === 1
    ? 'Each figure is of a single run'
    : `Each figure is the median of ${runCount} runs, in brackets the least and the most`;
}

/** Lines of a table whose columns are as wide as their widest cell, as a formatter would leave it. */
export function markdownTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const widths = header.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

export function ratioText({ ratio }: Pick<Figure, 'ratio'>): string {
  return ratio === undefined ? '' : `${ratio.toFixed(2)} ×`;
}

// The results of a benchmark -> an SVG of bars: time and memory of a plan, and the pace of a drain.

import { measureIn, MEMORY, RATE, WALL, grouped, type Unit } from './amount.ts';
import { findLine, numberIn, type Results, type ResultLine } from './result.ts';

interface Bar {
  readonly name: string;
  readonly isOurs: boolean;
  readonly value: number;
  readonly text: string;
}

interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 720;
const MARGIN = 20;
const NAME_WIDTH = 130;
/** Room for a figure behind the longest bar. */
const TEXT_WIDTH = 90;
const BAR_HEIGHT = 16;
const BAR_STEP = 24;
const TITLE_HEIGHT = 30;
const PANEL_GAP = 14;

const NAMES: Readonly<Record<string, string>> = {
  'in-memory': 'script in memory',
  duckdb: 'DuckDB',
  sqlite3: 'sqlite3 shell',
  'bare-loop': 'bare loop',
};

/** Its own background: whoever shows it need not know whether it is light or dark there. */
const STYLE = `
  .ground { fill: #ffffff } .title { fill: #1f2328; font-weight: 600 } .text { fill: #1f2328 } .note { fill: #59636e }
  .ours { fill: #0969da } .peer { fill: #b1bac4 }
  text { font: 13px ui-sans-serif, system-ui, "Segoe UI", Helvetica, Arial, sans-serif }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } .title, .text { fill: #f0f6fc } .note { fill: #9198a1 }
    .ours { fill: #4493f8 } .peer { fill: #545d68 }
  }`;

export function chartText({ environment, lines }: Results): string {
  const panels = [
    ...['plain', 'multiline'].flatMap((data) => [
      panelOf(
        lines,
        { question: 'plan', data },
        WALL,
        (rows) => `Plan of ${rows} alarms, ${data} file: time`,
      ),
      panelOf(
        lines,
        { question: 'plan', data },
        MEMORY,
        (rows) => `Plan of ${rows} alarms, ${data} file: peak memory`,
      ),
    ]),
    panelOf(lines, { question: 'drain' }, RATE, (count) => `Drain of ${count} creates: operations a second`),
  ].filter(({ bars }) => bars.length > 0);
  const parts: string[] = [];
  let top = MARGIN;
  for (const panel of panels) {
    parts.push(...panelParts(panel, top));
    top += TITLE_HEIGHT + panel.bars.length * BAR_STEP + PANEL_GAP;
  }
  const note = `${environment.date}, ${String(environment['cpu'])}, ${String(environment['core_count'])} cores`;
  parts.push(textPart('note', MARGIN, top + 8, note));
  const height = top + MARGIN + 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${escapeXml(`alarmsync beside its peers: ${panels.map(({ title }) => title).join('; ')}`)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="ground" width="${WIDTH}" height="${height}" rx="6"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function panelOf(
  lines: readonly ResultLine[],
  wanted: Readonly<Record<string, string>>,
  unit: Unit,
  titleOf: (size: string) => string,
): Panel {
  const ours = findLine(lines, { ...wanted, subject: 'alarmsync' });
  const size = numberIn(ours, 'row_count') ?? numberIn(ours, 'operation_count') ?? 0;
  const bars = lines
    .filter((line) => Object.entries(wanted).every(([key, value]) => line[key] === value))
    .flatMap((line) => {
      const measure = measureIn(line, unit);
      const { subject } = line;
      if (measure === undefined) return [];
      const [name, isOurs] = [NAMES[subject] ?? subject, subject === 'alarmsync'];
      return [{ name, isOurs, value: measure.median, text: unit.write(measure.median) }];
    });
  return { title: titleOf(grouped(size)), bars };
}

function panelParts({ title, bars }: Panel, top: number): readonly string[] {
  const most = Math.max(...bars.map(({ value }) => value));
  const room = WIDTH - 2 * MARGIN - NAME_WIDTH - TEXT_WIDTH;
  const parts = [textPart('title', MARGIN, top + 14, title)];
  for (const [index, { name, isOurs, value, text }] of bars.entries()) {
    const y = top + TITLE_HEIGHT + index * BAR_STEP;
    const width = Math.max(1, Math.round((value / most) * room));
    const [left, baseline] = [MARGIN + NAME_WIDTH, y + BAR_HEIGHT - 4];
    parts.push(
      textPart('text', MARGIN, baseline, name),
      `<rect class="${isOurs ? 'ours' : 'peer'}" x="${left}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="2"/>`,
      textPart('text', left + width + 8, baseline, text),
    );
  }
  return parts;
}

function textPart(kind: string, x: number, y: number, text: string): string {
  return `<text class="${kind}" x="${x}" y="${y}">${escapeXml(text)}</text>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

// Values over time -> a chart as SVG, stretched to the width of the page, with its axes as text beside it.
//
// The drawing holds no text, so that it may be stretched to any width while the labels keep their size.

import { markup, isoTime, type Html } from './html.ts';

/** One value a stretch of time; null where there is none. */
export interface Series {
  readonly label: string;
  /** `bars` are filled; `solid` and `dashed` are lines, told apart without colour. */
  readonly look: 'bars' | 'solid' | 'dashed';
  readonly values: readonly (number | null)[];
}

export interface Chart {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  /** In words what is to be seen. */
  readonly description: string;
  readonly series: readonly Series[];
  /** A value of the vertical axis, with its unit. */
  readonly valueText: (value: number) => string;
  readonly fromEpochMs: number;
  readonly widthMs: number;
}

const WIDTH = 600;
const HEIGHT = 160;

/** A figure: title, legend where there are several series, axes and drawing. */
export function chartFigure({ id, title, description, series, ...axes }: Chart): Html {
  const top = niceCeiling(Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0))));
  const count = series[0]?.values.length ?? 0;
  const moments = [0, 0.5, 1].map((share) => axes.fromEpochMs + share * count * axes.widthMs);
  const isWithinDay = isoTime(moments[0] ?? 0).slice(0, 10) === isoTime(moments[2] ?? 0).slice(0, 10);
  return markup`<figure class="chart">
    <figcaption>${title}</figcaption>
    ${series.length > 1 ? legend(series) : null}
    <div class="plot">
      <div class="values" aria-hidden="true">
        <span>${axes.valueText(top)}</span>
        <span>${axes.valueText(top / 2)}</span>
        <span>${axes.valueText(0)}</span>
      </div>
      <svg
        role="img"
        aria-labelledby="${id}-title"
        aria-describedby="${id}-desc"
        viewBox="0 0 ${WIDTH} ${HEIGHT}"
        preserveAspectRatio="none"
      >
        <title id="${id}-title">${title}</title>
        <desc id="${id}-desc">${description}</desc>
        <path class="grid" d="M0 0H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT}H${WIDTH}" />
        ${series.map((one) => markup`<path class="${one.look}" d="${one.look === 'bars' ? bars(one.values, top) : line(one.values, top)}" />\n`)}
      </svg>
      <div class="times" aria-hidden="true">
        ${moments.map((moment) => markup`<span>${axisTime(moment, isWithinDay, axes.widthMs)}</span>`)}
      </div>
    </div>
  </figure>\n`;
}

function legend(series: readonly Series[]): Html {
  const entries = series.map(
    ({ label, look }) =>
      markup`<li>
        <svg class="key" aria-hidden="true" viewBox="0 0 28 8"><path class="${look}" d="M1 4H27" /></svg>
        ${label}
      </li>`,
  );
  return markup`<ul class="legend">
    ${entries}
  </ul>\n`;
}

/** The least round number that is no less, so that its half is round too. */
export function niceCeiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 1.2, 1.6, 2, 3, 4, 5, 6, 8].find((factor) => factor * power >= value) ?? 10) * power;
}

/** One outline a bar; neighbours touch, so that a hundred read as one shape. */
function bars(values: readonly (number | null)[], top: number): string {
  const step = WIDTH / values.length;
  return values
    .map((value, index) =>
      value === null || value === 0
        ? ''
        : `M${short(index * step)} ${HEIGHT}V${height(value, top)}H${short((index + 1) * step)}V${HEIGHT}Z`,
    )
    .join('');
}

/** Broken where there is no value; a value without neighbours is a dot, since lines have round ends. */
function line(values: readonly (number | null)[], top: number): string {
  const step = WIDTH / values.length;
  return values
    .map((value, index) => {
      if (value === null) return '';
      const isStart = index === 0 || values[index - 1] === null;
      const at = `${short((index + 0.5) * step)} ${height(value, top)}`;
      return isStart ? `M${at}h0` : `L${at}`;
    })
    .join('');
}

function height(value: number, top: number): string {
  return short(HEIGHT - (value / top) * HEIGHT);
}

function short(coordinate: number): string {
  return String(Math.round(coordinate * 10) / 10);
}

/** Only as much of a moment as the axis needs. */
function axisTime(epochMs: number, isWithinDay: boolean, widthMs: number): string {
  const iso = isoTime(epochMs);
  if (!isWithinDay) return iso.slice(0, 16).replace('T', ' ');
  return widthMs < 1000 ? iso.slice(11, 23) : iso.slice(11, 19);
}

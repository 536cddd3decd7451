// How a report looks: on a phone and on a desk, light and dark, and printed.

/**
 * Every text has a contrast of at least 4.5 against what is behind it, and every line of a drawing of at least 3, in both
 * schemes. Nothing is told by colour alone.
 */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --box: #f3f4f7; --text: #1a1b1f; --muted: #50535c; --rule: #c9ccd4; --grid: #dcdfe6;
  --first: #0b57a4; --second: #a4420b; --good: #17663a; --bad: #a3191f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #131419; --box: #1e2027; --text: #e7e8ec; --muted: #b3b6c0; --rule: #474b57; --grid: #30333c;
    --first: #7db4ff; --second: #ffb088; --good: #7fd6a0; --bad: #ffa3a3;
  }
}
* { box-sizing: border-box; }
html { background: var(--page); color: var(--text); -webkit-text-size-adjust: 100%; }
body {
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", Arial, sans-serif;
  margin: 0 auto; max-width: 60rem; padding: 1rem; overflow-wrap: anywhere;
}
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0; }
h2 { font-size: 1.25rem; margin: 2.25rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--rule); }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
p { margin: .5rem 0; max-width: 46rem; }
.lead { font-size: 1.125rem; margin: .75rem 0 0; }
.lead strong { font-weight: 600; }
.note, figcaption, footer { color: var(--muted); font-size: .875rem; }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
dl { margin: 0; display: grid; gap: .5rem 1.5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
dl div { min-width: 0; }
dt { color: var(--muted); font-size: .8125rem; }
dd { margin: 0; }
.tiles { list-style: none; margin: 0 0 1rem; padding: 0; display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); }
.tiles li { background: var(--box); border: 1px solid var(--rule); border-radius: .5rem; padding: .625rem .875rem; }
.tiles strong { display: block; font-size: 1.625rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.checks { list-style: none; margin: .75rem 0; padding: 0; display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); }
.checks li { border: 1px solid var(--rule); border-radius: .5rem; padding: .625rem .875rem; }
.checks strong, .checks span { display: block; font-weight: 600; }
.scroll { overflow-x: auto; margin: .75rem 0; }
.scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--first); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; overflow-wrap: normal; }
caption { text-align: start; color: var(--muted); padding-bottom: .375rem; }
th, td { text-align: start; vertical-align: top; padding: .375rem .75rem .375rem 0; border-bottom: 1px solid var(--rule); }
th[scope=row] { font-weight: 500; overflow-wrap: anywhere; min-width: 7rem; }
thead th { white-space: nowrap; border-bottom-width: 2px; }
td { min-width: 3rem; }
@media (max-width: 30rem) { th, td { padding-right: .5rem; } td { min-width: 0; } th[scope=row] { min-width: 5.5rem; } }
.number { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
time { white-space: nowrap; }
figure { margin: .75rem 0; }
.plot { display: grid; grid-template: 10rem auto / auto 1fr; gap: .25rem .5rem; margin-top: .375rem; }
.plot > svg { grid-area: 1 / 2; width: 100%; height: 100%; overflow: visible; }
.values, .times { color: var(--muted); font-size: .75rem; line-height: 1; display: flex; justify-content: space-between; font-variant-numeric: tabular-nums; }
.values { grid-area: 1 / 1; flex-direction: column; text-align: end; margin: -.375rem 0; white-space: nowrap; }
.times { grid-area: 2 / 2; padding-top: .25rem; gap: .5rem; }
.times span { flex: 1; } .times span:nth-child(2) { text-align: center; } .times span:last-child { text-align: end; }
svg path { fill: none; vector-effect: non-scaling-stroke; stroke-linecap: round; stroke-linejoin: round; stroke-width: 2; }
svg .grid { stroke: var(--grid); stroke-width: 1; }
svg .bars { fill: var(--first); }
svg .solid { stroke: var(--first); }
svg .dashed { stroke: var(--second); stroke-dasharray: 6 5; }
.legend { list-style: none; margin: .25rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; font-size: .875rem; }
.key { width: 1.75rem; height: .5rem; vertical-align: middle; }
summary { cursor: pointer; padding: .375rem 0; font-size: .875rem; }
footer { margin-top: 2.5rem; padding-top: .75rem; border-top: 1px solid var(--rule); }
@media print {
  :root {
    color-scheme: light;
    --page: #ffffff; --box: #ffffff; --text: #000000; --muted: #3d3f45; --rule: #8d9099; --grid: #c9ccd4;
    --first: #0b4a8c; --second: #8a3505; --good: #0f4f2b; --bad: #86141a;
  }
  @page { margin: 15mm; }
  body { font-size: 10pt; max-width: none; padding: 0; }
  h2, h3, caption { break-after: avoid; }
  tr, figure, .tiles, .checks li, dl div { break-inside: avoid; }
  thead { display: table-header-group; }
  .scroll { overflow: visible; }
  th, td { min-width: 0; overflow-wrap: anywhere; }
  thead th, .number, time { white-space: normal; }
  svg .bars { print-color-adjust: exact; }
  details:not([open]) { display: none; }
}
`;

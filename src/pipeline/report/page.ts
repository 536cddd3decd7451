// The figures of a run -> one page of HTML that needs nothing else: no script, no network, no other file.

import type { ReportFigures } from './figures.ts';
import { markup, timeElement } from './html.ts';
import { changesSection } from './page-changes.ts';
import { countsSection } from './page-counts.ts';
import { courseSection } from './page-course.ts';
import { failuresSection } from './page-failures.ts';
import { forecastSection, guardSection, type Limits } from './page-guard.ts';
import { runSection, stateSentence } from './page-run.ts';
import { PAGE_STYLE } from './page-style.ts';

export type { Limits } from './page-guard.ts';

/** Whatever else the page came to hold by a mistake, a browser would neither run nor load it. */
const CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** Shape: a whole document, ending with a line end. */
export function reportPage(figures: ReportFigures, limits: Limits, nowEpochMs: number): string {
  const { run } = figures;
  const page = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${CONTENT_POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <meta name="format-detection" content="telephone=no" />
        <title>Run ${run.runId} at ${run.serviceAddress} – alarmsync report</title>
        <style>
          ${{ html: PAGE_STYLE }}
        </style>
      </head>
      <body>
        <header>
          <h1>Alarms of ${run.serviceAddress}</h1>
          <p class="lead">${stateSentence(figures)}</p>
        </header>
        <main>
          ${runSection(figures)}${countsSection(figures)}${courseSection(figures)}${failuresSection(figures)}${changesSection(figures)}${guardSection(figures, limits)}${forecastSection(figures)}
        </main>
        <footer>
          Made from the plan file alone at ${timeElement(nowEpochMs)}. Characters that a browser would act on
          are written as codes, such as \\u{202e}.
        </footer>
      </body>
    </html>\n`;
  return page.html;
}

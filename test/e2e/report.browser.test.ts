// The page of `alarmsync report` as Chromium shows it: narrow and wide, light and dark, on screen and printed.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { faultsOf, hasChromium, openPage, pictureNames, startChromium, type Viewing } from '../chromium.ts';
import { HOSTILE_NAMES, reportOf, syncWorld } from './report-world.ts';

// Missing on a developer's machine, it is said to be; missing in CI, it fails.
const isRun = hasChromium() || process.env['CI'] !== undefined;

/** Printed, it is as wide as what is left of a sheet of A4 within its margins. */
const PLACES = [
  { width: 360, media: 'screen' },
  { width: 1280, media: 'screen' },
  { width: 680, media: 'print' },
] as const;

const SCHEMES = ['light', 'dark'] as const;

const VIEWINGS: readonly Viewing[] = SCHEMES.flatMap((colorScheme) =>
  PLACES.map(({ width, media }) => ({ width, media, colorScheme })),
);

describe.runIf(isRun)('with a real Chromium (chromium)', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await startChromium();
  }, 60_000);

  afterAll(async () => browser.close());

  it('the page of a run with failures, conflicts and hostile names is quiet, fits and can be read', async () => {
    const { workspace, plan } = await syncWorld();
    await reportOf(workspace, plan);
    for (const viewing of VIEWINGS) {
      const opened = await openPage(browser, workspace.path('report.html'), viewing);

      expect(await faultsOf(opened), JSON.stringify(viewing)).toEqual([]);
      expect(await pictureNames(opened)).toEqual([
        'Operations settled a second',
        'Time from claim to outcome',
      ]);
      expect(opened.events).toEqual([]);
      expect(opened.requests).toEqual([]);
      const text = await opened.page.innerText('main');
      for (const name of HOSTILE_NAMES)
        expect(text).toContain(name.replace(/[/.:][a-e]$/u, '').replace('\u202E', '\\u{202e}'));
    }
  });

  it('prints', async () => {
    const { workspace, plan } = await syncWorld();
    await reportOf(workspace, plan);
    const { page } = await openPage(browser, workspace.path('report.html'), {
      width: 1280,
      colorScheme: 'dark',
      media: 'print',
    });

    expect(await page.evaluate('getComputedStyle(document.documentElement).backgroundColor')).toBe(
      'rgb(255, 255, 255)',
    );
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    const pageCount = pdf.toString('latin1').match(/\/Type\s*\/Page\b/gu)?.length ?? 0;
    expect(pageCount).toBeGreaterThan(1);
    expect(pageCount).toBeLessThan(8);
  });

  it('a page with faults is seen to have them', async () => {
    const { workspace, plan } = await syncWorld();
    const page = await reportOf(workspace, plan);
    const faulty = page
      .replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/u, '')
      .replace('--muted: #50535c', '--muted: #9a9da6')
      .replace(
        '</main>',
        '<img src="http://127.0.0.1:1/x.png" onerror="alert(1)"><div style="width: 2000px">wide</div></main>',
      )
      .replace('aria-labelledby="latency-title"', '')
      .replace('<title id="latency-title">Time from claim to outcome</title>', '')
      .replace(/<caption>[^<]*<\/caption>/u, '');
    const file = workspace.write('faulty.html', faulty);

    const opened = await openPage(browser, file, { width: 360, colorScheme: 'light', media: 'screen' });

    const faults = (await faultsOf(opened)).join('\n');
    for (const kind of [
      'overflow: the page',
      'contrast: ',
      'element: <img>',
      'attribute: onerror',
      'table: ',
    ])
      expect(faults).toContain(kind);
    expect(await pictureNames(opened)).toContain('');
    expect(opened.requests).toEqual(['http://127.0.0.1:1/x.png']);
    expect(opened.events.join('\n')).toMatch(/console [^]*dialog 1|dialog 1[^]*console/u);
  });
});

it.skipIf(isRun)('is left out: Chromium is missing (apt-get install chromium)', () => {
  expect(hasChromium()).toBe(true);
});

// Debian's Chromium, driven without a window: a page as its reader's browser makes it.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { chromium, type Browser, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

const PROGRAM = '/usr/bin/chromium';

/** True where Chromium is installed. */
export function hasChromium(): boolean {
  return existsSync(PROGRAM);
}

/** Without its sandbox, which a root user in a container cannot have; only pages made by tests are opened. */
export async function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: PROGRAM, args: ['--no-sandbox'] });
}

export interface Viewing {
  readonly width: number;
  readonly colorScheme: 'light' | 'dark';
  readonly media: 'screen' | 'print';
}

/** A page that is open, and what happened on it that nobody should notice. */
export interface OpenPage {
  readonly page: Page;
  /** Console messages, errors and dialogs, each with its kind. */
  readonly events: readonly string[];
  /** Addresses that were asked for, but for the page itself. */
  readonly requests: readonly string[];
}

/** Opens a file as a reader would. Closed after the test. */
export async function openPage(browser: Browser, file: string, viewing: Viewing): Promise<OpenPage> {
  const { width, colorScheme, media } = viewing;
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
  onTestFinished(async () => context.close());
  const page = await context.newPage();
  const address = pathToFileURL(file).href;
  const events: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => events.push(`console ${message.text()}`));
  page.on('pageerror', (error) => events.push(`error ${error.message}`));
  page.on('dialog', (dialog) => {
    events.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (request.url() !== address) requests.push(request.url());
  });
  await page.emulateMedia({ media });
  await page.goto(address, { waitUntil: 'load' });
  return { page, events, requests };
}

const CHECKS = readFileSync(path.join(import.meta.dirname, 'chromium-checks.js'), 'utf8');

/** What is wrong with a page as it is shown, every part of it unfolded. Shape: `overflow …`, `contrast …`, `script …`. */
export async function faultsOf({ page }: OpenPage): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>(`${CHECKS}; pageFaults()`);
}

/** Drawings and pictures with the name that a screen reader tells; '' for one without. */
export async function pictureNames({ page }: OpenPage): Promise<readonly string[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  return nodes
    .filter(({ ignored, role }) => !ignored && /^(?:image|img|graphics|SvgRoot)/u.test(String(role?.value)))
    .map(({ name }) => String(name?.value ?? ''));
}

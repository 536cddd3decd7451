// A run's notice -> an event of Datadog. Source: Datadog's API reference, "Post an event" (v1).

import { createHash } from 'node:crypto';

import { noticeText, noticeTitle, type RunNotice, type RunOutcomeWord } from './run-notice.ts';

export const EVENT_PATH = '/api/v1/events';

const MAX_TITLE_CHARACTERS = 100;
const MAX_TEXT_CHARACTERS = 4000;

const ALERT_TYPES: Readonly<Record<RunOutcomeWord, string>> = {
  success: 'success',
  refused: 'warning',
  failed: 'error',
  stopped: 'info',
};

/** @param handles who is notified: `ops@example.com`, `slack-ops`, with or without the @ */
export function datadogEventBody(notice: RunNotice, handles: readonly string[]): string {
  const { outcome, run, tags } = notice;
  const mentions = handles.map((handle) => `@${handle.replace(/^@/u, '')}`).join(' ');
  // An @ in a name or an address would notify whoever it looks like.
  const text = noticeText(notice).replaceAll('@', '(at)');
  const room = MAX_TEXT_CHARACTERS - mentions.length - 1;
  return JSON.stringify({
    title: noticeTitle(notice).slice(0, MAX_TITLE_CHARACTERS),
    text: mentions === '' ? text.slice(0, room) : `${text.slice(0, room)}\n${mentions}`,
    alert_type: ALERT_TYPES[outcome],
    source_type_name: 'alarmsync',
    tags: [...tags, `outcome:${outcome}`],
    // Runs at one service are shown as one thread.
    aggregation_key: `alarmsync ${digest(run?.serviceAddress ?? '')}`,
  });
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

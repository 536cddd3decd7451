// The flag --tag -> tags of DogStatsD, and labels of Prometheus.

import { AlarmSyncError } from '../alarm/errors.ts';
import type { Values } from './values.ts';

/** What both Datadog and Prometheus take as a tag: `env:prod`, `canary`. Source: Datadog's documentation, "Getting Started with Tags". */
const TAG = /^\p{L}[\p{L}\p{N}_\-:./]{0,199}$/u;

/** @throws {ALARMSYNC_CLI_USAGE} for a text that is no tag. */
export function tagsOf(values: Values): readonly string[] {
  return values.list('tag').map((tag) => {
    if (TAG.test(tag)) return tag;
    throw new AlarmSyncError(
      'ALARMSYNC_CLI_USAGE',
      `--tag: expected KEY:VALUE or WORD, got ${JSON.stringify(tag)}`,
      {
        hint: 'a tag starts with a letter and holds letters, digits and _ - : . / up to 200 characters',
      },
    );
  });
}

/** The same as labels: `env:prod` is `env="prod"`, and a word alone `word="true"`. */
export function labelsOf(values: Values): Readonly<Record<string, string>> {
  return Object.fromEntries(
    tagsOf(values).map((tag) => {
      const [, key = tag, value = 'true'] = /^([^:]+):(.*)$/su.exec(tag) ?? [];
      return [key.replaceAll(/[^a-zA-Z0-9_]/gu, '_'), value];
    }),
  );
}

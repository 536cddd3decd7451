// Flags -> how standard error reads.

import { HumanLog, type LogLevel, type MessageLog } from './message-log.ts';
import { required, type Values } from './values.ts';

const VERBOSE_LEVELS: readonly LogLevel[] = ['info', 'debug', 'trace'];

/** A person reads a terminal; anything else is read by a program. */
export async function openLog(
  values: Values,
  host: Pick<NodeJS.Process, 'stderr'>,
  hasColor: boolean,
): Promise<MessageLog> {
  const level = levelOf(values);
  const format = required(values.choice('log-format', ['auto', 'human', 'json']));
  if (format === 'human' || (format === 'auto' && host.stderr.isTTY))
    return new HumanLog(host.stderr, level, hasColor && !values.isOn('no-color'));
  // Loaded only here: a terminal needs none of it.
  const { JsonLog } = await import('./json-log.ts');
  return new JsonLog(level);
}

function levelOf(values: Values): LogLevel {
  if (values.isOn('quiet')) return 'warn';
  return VERBOSE_LEVELS[Math.min(2, values.repeats('verbose'))] ?? 'info';
}

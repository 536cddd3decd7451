// The call that posts an event, v1 -> the event, or why it is none.

import { type Answer, refuse, type Request } from './answer.ts';
import { decodeObject, isStrings, type Json } from './json.ts';

export const EVENT_PATH = '/api/v1/events';

export interface PostedEvent {
  readonly title: string;
  readonly text: string;
  readonly alert_type: string;
  readonly aggregation_key: string;
  readonly tags: readonly string[];
}

/** TS:v1 EventAlertType. */
const ALERT_TYPES: ReadonlySet<Json> = new Set<Json>([
  'error',
  'warning',
  'info',
  'success',
  'user_update',
  'recommendation',
  'snapshot',
]);

/** TS:v1 EventsApi. Undefined for a call that is not this one. */
export function answerEventCall(events: PostedEvent[], request: Request): Answer | undefined {
  if (request.path !== EVENT_PATH || request.method !== 'POST') return undefined;
  const event = decodeEvent(request.body);
  if (typeof event === 'string') return refuse(400, event);
  events.push(event);
  const id = `632781870263591${String(events.length).padStart(4, '0')}`;
  // recorded: 202, and the id as a text beside the number that loses digits.
  return {
    status: 202,
    body: { status: 'ok', event: { id: Number(id), id_str: id, title: event.title, text: event.text } },
  };
}

/** TS:v1 EventCreateRequest: title and text are required; text up to 4000 characters, aggregation_key up to 100. */
function decodeEvent(body: string): PostedEvent | string {
  const { title, text, alert_type = 'info', aggregation_key = '', tags = [] } = decodeObject(body) ?? {};
  if (!isText(title, 500)) return 'Missing required attributes: [title]';
  if (!isText(text, 4000)) return 'Missing required attributes: [text]';
  if (!isText(alert_type, 100) || !ALERT_TYPES.has(alert_type)) return 'Invalid alert_type';
  if (typeof aggregation_key !== 'string' || aggregation_key.length > 100) return 'Invalid aggregation_key';
  return isStrings(tags) ? { title, text, alert_type, aggregation_key, tags } : 'Invalid tags';
}

function isText(value: Json | undefined, maxCharacterCount: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxCharacterCount;
}

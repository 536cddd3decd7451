// The three messages of a definition and its contacts <-> the one message of a monitor.
//
//   {{#is_alert}}Disk at {{value}}, over {{threshold}}{{/is_alert}}
//   {{#is_warning}}…{{/is_warning}}
//   {{#is_no_data}}…{{/is_no_data}}
//   @ops@example.com @slack-ops
//
// Source: Datadog's documentation of notification variables. `{value}` and `{threshold}` of a text are its variables of that name.

import type { ContactMap } from '../contacts.ts';

/** What the message holds; a text is undefined where there is none. */
export interface MessageParts {
  readonly alert: string | undefined;
  readonly warning: string | undefined;
  readonly noData: string | undefined;
  /** In the order of the message. */
  readonly contacts: readonly string[];
}

const STATES = ['is_alert', 'is_warning', 'is_no_data'] as const;
type State = (typeof STATES)[number];

/** The message's text. The contacts are known to have handles, the texts to be held. */
export function messageText(parts: MessageParts, contacts: ContactMap): string {
  const texts = { is_alert: parts.alert, is_warning: parts.warning, is_no_data: parts.noData };
  const blocks = STATES.flatMap((state) => {
    const text = texts[state];
    return text === undefined ? [] : [`{{#${state}}}${withVariables(text, state)}{{/${state}}}`];
  });
  const handles = parts.contacts.flatMap((contact) => contacts.handleOf(contact) ?? []).join(' ');
  return [...blocks, ...(handles === '' ? [] : [handles])].join('\n');
}

const MESSAGE = new RegExp(
  `^${STATES.map((state) => String.raw`(?:\{\{#${state}\}\}(.*?)\{\{/${state}\}\}(?:\n|$))?`).join('')}((?:@\\S+(?: @\\S+)*)?)$`,
  'su',
);

/** Undefined for a message that is not ours: somebody rewrote it. */
export function readMessage(message: string, contacts: ContactMap): MessageParts | undefined {
  const found = MESSAGE.exec(message);
  if (found === null) return undefined;
  const [, alert, warning, noData, handles = ''] = found;
  const texts = [textOf(alert, 'is_alert'), textOf(warning, 'is_warning'), textOf(noData, 'is_no_data')];
  // A text with other variables than ours was edited.
  if (texts.some((text) => text !== undefined && messageFault(text) !== undefined)) return undefined;
  return {
    alert: texts[0],
    warning: texts[1],
    noData: texts[2],
    contacts: handles === '' ? [] : handles.split(' ').map((handle) => contacts.contactOf(handle)),
  };
}

/** Why a text cannot be part of a message; undefined when it can. */
export function messageFault(text: string): string | undefined {
  if (/\{\{|\}\}/u.test(text))
    return 'expected no {{…}}, which Datadog would fill in: write {value} or {threshold}';
  if (/(?:^|\s)@\S/u.test(text)) return 'expected no @handle in a message: whom to notify stands in contact';
  return undefined;
}

/** A warning is held against its own threshold. */
function thresholdVariable(state: State): string {
  return state === 'is_warning' ? '{{warn_threshold}}' : '{{threshold}}';
}

function withVariables(text: string, state: State): string {
  return text.replaceAll('{value}', '{{value}}').replaceAll('{threshold}', thresholdVariable(state));
}

function textOf(block: string | undefined, state: State): string | undefined {
  return block?.replaceAll('{{value}}', '{value}').replaceAll(thresholdVariable(state), '{threshold}');
}

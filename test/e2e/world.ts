// Alarms as tests think of them -> CSV, the params of a service, and a comparison of the two that shares nothing with the product.

import type { StandIn } from './stand-in.ts';

/** The cells of one alarm, `contact` as a list. */
export interface Row {
  readonly name: string;
  readonly threshold: string;
  readonly metric_name: string;
  readonly comparison_method: string;
  readonly alarm_state: string;
  readonly tracking_metric_id: string;
  readonly contact: readonly string[];
  readonly metric_math: string;
}

const COLUMNS = [
  'name',
  'threshold',
  'metric_name',
  'comparison_method',
  'alarm_state',
  'tracking_metric_id',
  'contact',
  'metric_math',
] as const;

export const HEADER: string = COLUMNS.join(',');

/** Names that something between a CSV file and a URL likes to mangle. */
export const AWKWARD_NAMES: readonly string[] = [
  'a/b',
  '/',
  'a//b/',
  '%2e%2e',
  '%',
  '%00',
  '...',
  '..a',
  '__proto__',
  'constructor',
  "'); DROP TABLE operation; --",
  '"quoted"',
  'comma, and; semicolon',
  '\u{1F525} fire \u{1F468}\u200D\u{1F692}',
  'x'.repeat(1000),
  '\u20AC'.repeat(341),
  'caf\u00E9',
  'cafe\u0301',
  'admin\u202Egnp.exe',
  ' leading',
  'trailing ',
  ' ',
  '\u00A0nbsp\u00A0',
  '?limit=1#top',
  'a&b=c+d',
  'back\\slash',
  '1e3',
  '1000',
  '-0',
  '--help',
  '=1+1',
  'null',
  'NULL',
  'alarms',
  '*',
  '[a-z]*?',
  'CaseName',
  'casename',
  '\u{10FFFD}',
  '\uFEFFbom',
];

export function row(name: string, part: Partial<Row> = {}): Row {
  return {
    name,
    threshold: '3',
    metric_name: 'cpu.load',
    comparison_method: 'gt',
    alarm_state: 'active',
    tracking_metric_id: '6f1c1d4e-0c7e-4d0a-9a57-3f4b8b6f2a11',
    contact: ['user@example.com', 'ldap:ops'],
    metric_math: 'sum',
    ...part,
  };
}

export function rows(count: number, prefix = 'alarm'): readonly Row[] {
  return Array.from({ length: count }, (_, index) => row(`${prefix}-${index}`));
}

export function paramsOf(item: Row): Omit<Row, 'name'> {
  const { name: _, ...params } = item;
  return params;
}

export interface CsvForm {
  readonly columns?: readonly (keyof Row)[];
  readonly lineEnd?: string;
  readonly hasBom?: boolean;
}

/** Every third contact list is written as JSON, and every cell that may be quoted is in every second row. */
export function csv(list: readonly Row[], form: CsvForm = {}): string {
  const { columns = COLUMNS, lineEnd = '\n', hasBom = false } = form;
  const lines = list.map((item, index) => {
    const contact = index % 3 === 0 ? JSON.stringify(item.contact) : item.contact.join('; ');
    const cells = columns.map((column) => (column === 'contact' ? contact : item[column]));
    return cells.map((cell) => csvCell(cell, index % 2 === 0)).join(',');
  });
  return `${hasBom ? '\uFEFF' : ''}${[columns.join(','), ...lines, ''].join(lineEnd)}`;
}

function csvCell(cell: string, isQuoted: boolean): string {
  return isQuoted || /[",\r\n]|^\s|\s$|^\uFEFF/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** What the service has to hold after a sync, by name; equal texts mean the same. */
export function meanings(list: readonly Row[]): ReadonlyMap<string, string> {
  return new Map(list.map((item) => [item.name, meaning({ ...paramsOf(item) })]));
}

/** What a stand-in holds, in the same form. */
export function heldMeanings(service: StandIn): ReadonlyMap<string, string> {
  return new Map(service.names.map((name) => [name, meaning(service.paramsOf(name))]));
}

/** Thresholds in tests are small, so a float tells them apart. */
export function meaning(params: Readonly<Record<string, unknown>>): string {
  const text = (member: string): string => String(params[member]).trim().toLowerCase();
  const contact: unknown = params['contact'];
  return JSON.stringify([
    Number(params['threshold']),
    params['metric_name'],
    text('comparison_method'),
    params['alarm_state'] === 'in_alarm' ? 'active' : params['alarm_state'],
    text('tracking_metric_id'),
    Array.isArray(contact) ? [...new Set(contact.map(String))].toSorted() : contact,
    text('metric_math'),
  ]);
}

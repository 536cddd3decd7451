// The body of a dashboard as sent -> the reason why the vendor refuses it. The wordings are ours where nothing else is said.

import { isObject, isStrings, type Json, type JsonObject } from './json.ts';

/** TS:v1 Dashboard, without what is readOnly there: that a write of those is refused is not verified, and shows a client that sends them. */
const MEMBERS = new Set([
  'description',
  'is_read_only',
  'layout_type',
  'notify_list',
  'reflow_type',
  'restricted_roles',
  'tags',
  'template_variable_presets',
  'template_variables',
  'title',
  'widgets',
]);

/** TS:v1 Dashboard.required. */
const REQUIRED = ['title', 'layout_type', 'widgets'];

const LAYOUTS: ReadonlySet<Json> = new Set(['ordered', 'free']);

/** Undefined when nothing is wrong. */
export function dashboardFault(body: JsonObject): string | undefined {
  const missing = REQUIRED.find((name) => body[name] === undefined || body[name] === null);
  if (missing !== undefined) return `'${missing}' is a required property`;
  const unknown = unknownOf(body, MEMBERS);
  if (unknown !== undefined) return `Additional properties are not allowed ('${unknown}' was unexpected)`;
  return textsFault(body) ?? tagsFault(body['tags']) ?? widgetsFault(body['widgets']);
}

function textsFault({
  title,
  description = null,
  layout_type: layout = null,
}: JsonObject): string | undefined {
  if (typeof title !== 'string' || title.trim() === '') return "'title' must be a text";
  if (description !== null && typeof description !== 'string') return "'description' must be a text";
  return LAYOUTS.has(layout) ? undefined : "'layout_type' must be one of ['ordered', 'free']";
}

/** recorded: Invalid tag format. Valid tag keys are: team. */
function tagsFault(tags: Json = null): string | undefined {
  const isGood = tags === null || (isStrings(tags) && tags.every((tag) => tag.startsWith('team:')));
  return isGood ? undefined : 'Invalid tag format. Valid tag keys are: team.';
}

function widgetsFault(widgets: Json | undefined): string | undefined {
  if (!Array.isArray(widgets)) return "'widgets' must be an array";
  for (const [index, widget] of widgets.entries()) {
    const fault = widgetFault(widget);
    if (fault !== undefined) return `Invalid widget definition at position ${index}: ${fault}`;
  }
  return undefined;
}

const WIDGET_MEMBERS = new Set(['definition', 'id', 'layout']);

/** TS:v1 Widget.required: definition. */
function widgetFault(widget: Json): string | undefined {
  if (!isObject(widget) || unknownOf(widget, WIDGET_MEMBERS) !== undefined) return 'not a widget';
  const { definition } = widget;
  if (!isObject(definition)) return "'definition' is a required property";
  switch (definition['type']) {
    case 'note':
      // TS:v1 NoteWidgetDefinition.required: type, content; it has no title.
      if (definition['title'] !== undefined) return 'a note has no title';
      return typeof definition['content'] === 'string' ? undefined : "'content' is a required property";
    case 'timeseries':
      return timeseriesFault(definition);
    default:
      // What this stand-in has no rules for, it takes as it comes.
      return typeof definition['type'] === 'string' ? undefined : "'type' is a required property";
  }
}

/** TS:v1 TimeseriesWidgetDefinition.required: type, requests; WidgetMarker.required: value. */
function timeseriesFault({ requests, markers = [] }: JsonObject): string | undefined {
  if (!Array.isArray(requests) || requests.length === 0) return "'requests' is a required property";
  if (
    !Array.isArray(markers) ||
    markers.some((marker) => !isObject(marker) || typeof marker['value'] !== 'string')
  )
    return 'each marker must have a value';
  for (const request of requests) {
    const fault = isObject(request) ? requestFault(request) : 'a request must be an object';
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** TS:v1 WidgetDisplayType. */
const DISPLAYS: ReadonlySet<Json> = new Set(['area', 'bars', 'line', 'overlay']);

/**
 * TS:v1 TimeseriesWidgetRequest; FormulaAndFunctionMetricQueryDefinition.required: data_source, query, name; WidgetFormula.required:
 * formula. `q` is deprecated and still accepted (recorded 15 times).
 */
function requestFault({ q, queries, formulas, ...rest }: JsonObject): string | undefined {
  if (typeof q === 'string') return undefined;
  if (!DISPLAYS.has(rest['display_type'] ?? 'line')) return 'unknown display_type';
  if (rest['response_format'] !== 'timeseries') return "response_format must be 'timeseries'";
  if (!Array.isArray(queries) || !Array.isArray(formulas)) return "'queries' and 'formulas' are required";
  const names = queries.map((query) => (isObject(query) ? queryName(query) : undefined));
  if (names.includes(undefined)) return 'each query must have data_source, name and a metric query';
  const isKnown = (item: Json): boolean => {
    const formula = isObject(item) ? item['formula'] : undefined;
    return typeof formula === 'string' && names.some((name) => name !== undefined && formula.includes(name));
  };
  return formulas.every(isKnown) ? undefined : 'each formula must be of the queries';
}

/** DOC: dashboards/querying: aggregation, metric, scope, groups, functions. */
const METRIC_QUERY =
  /^(?:avg|sum|min|max):[A-Za-z][\w.]*\{[^{}]+\}(?: by \{[\w,.]+\})?(?:\.\w+\([^()]*\))*$/u;

function queryName({ data_source: source, name, query }: JsonObject): string | undefined {
  const isMetric = source === 'metrics' && typeof query === 'string' && METRIC_QUERY.test(query);
  return isMetric && typeof name === 'string' ? name : undefined;
}

function unknownOf(object: JsonObject, known: ReadonlySet<string>): string | undefined {
  return Object.keys(object).find((name) => !known.has(name));
}

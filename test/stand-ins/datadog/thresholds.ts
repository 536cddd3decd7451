// The thresholds of a monitor -> held against its query, and what of them comes back.

import { floatText, isObject, type Json, type JsonObject } from './json.ts';
import type { Comparison } from './query.ts';

/** TS:v1 MonitorThresholds. */
const NAMES = new Set(['critical', 'critical_recovery', 'ok', 'unknown', 'warning', 'warning_recovery']);

/** `{}` and null members are dropped (recorded: TF TestAccDatadogMonitor_BasicNoTreshold, PY test_edit_a_monitor_returns_ok_response). */
export function keptThresholds(thresholds: Json | undefined): JsonObject | undefined {
  if (!isObject(thresholds)) return undefined;
  const kept = Object.entries(thresholds).filter(([, value]) => value !== null);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** Why the vendor refuses them; undefined when it does not. `comparison` is undefined for a query without operator. */
export function thresholdsFault(
  thresholds: Json | undefined,
  comparison: Comparison | undefined,
): string | undefined {
  const kept = keptThresholds(thresholds);
  if (kept === undefined) return undefined;
  const unknown = Object.keys(kept).find((name) => !NAMES.has(name));
  if (unknown !== undefined) return `Invalid monitor option:${unknown}`;
  // reported to DataDog/terraform-provider-datadog.
  if (Object.values(kept).some((value) => typeof value !== 'number')) return 'Non-numeric threshold value.';
  return comparison === undefined ? undefined : numbersFault(kept, comparison);
}

function numbersFault(kept: JsonObject, comparison: Comparison): string | undefined {
  const [critical, warning] = [numberOf(kept['critical']), numberOf(kept['warning'])];
  // reported to DataDog/datadog-operator, for a warning alone.
  if (critical === undefined) return 'Alert status is required.';
  // recorded: datadogpy tests/integration/api: "Alert threshold (90.0) does not match that used in the query (200.0)."
  if (critical !== comparison.value)
    return `Alert threshold (${floatText(critical)}) does not match that used in the query (${floatText(comparison.value)}).`;
  // SC model/monitors.py says that it is refused; the wording is ours.
  if (warning === undefined && kept['warning_recovery'] !== undefined) return 'Warning status is required.';
  return (
    warningFault(critical, warning, comparison.operator) ??
    recoveryFault('alert', critical, kept['critical_recovery'], comparison.operator) ??
    recoveryFault('warning', warning, kept['warning_recovery'], comparison.operator)
  );
}

/** Quoted from the API by grosser/kennel: "Warning threshold (50.0) must be less than the alert threshold (20.0) with > comparison." */
function warningFault(critical: number, warning: number | undefined, operator: string): string | undefined {
  if (warning === undefined) return undefined;
  const text = (word: string): string =>
    `Warning threshold (${floatText(warning)}) must be ${word} than the alert threshold (${floatText(critical)}) with ${operator} comparison.`;
  if (operator.startsWith('>') && warning >= critical) return text('less');
  if (operator.startsWith('<') && warning <= critical) return text('greater');
  return undefined;
}

/** DOC:monitors/types/anomaly.md; reported to DataDog/datadog-api-client-typescript. A recovery equal to the threshold is let through: unverified. */
function recoveryFault(
  state: 'alert' | 'warning',
  threshold: number | undefined,
  recovery: Json | undefined,
  operator: string,
): string | undefined {
  if (typeof recovery !== 'number' || threshold === undefined) return undefined;
  const isApart = operator.startsWith('>') ? recovery <= threshold : recovery >= threshold;
  const isOrdered = operator.startsWith('>') || operator.startsWith('<');
  if (isApart || !isOrdered) return undefined;
  return `${state} and ${state} recovery criteria are such that the monitor can be simultaneously in ${state} and ${state} recovery states`;
}

function numberOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

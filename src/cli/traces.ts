// The variables of OpenTelemetry -> where traces go, if they are wanted at all.

import type { TraceExport } from '../telemetry/trace-export.ts';
import type { CommandContext } from './command.ts';
import { VERSION } from './version.ts';

/** A receiver that hangs holds up the end of a command: less than OpenTelemetry's 10 s. */
const TIMEOUT_MS = 3000;

/** Spans on their way to a receiver; disposing it sends what is left. */
export interface OpenTraces extends AsyncDisposable {
  readonly exported: TraceExport;
}

type Variable = (name: string) => string | undefined;

/**
 * Undefined when no traces are wanted; then nothing of OpenTelemetry is loaded.
 * @param serviceName of who sends them, where OTEL_SERVICE_NAME does not say it
 */
export async function openTraces(
  { host, terminal, stop }: Pick<CommandContext, 'host' | 'terminal' | 'stop'>,
  serviceName: string,
): Promise<OpenTraces | undefined> {
  const variable: Variable = (name) => setText(host.variable(name));
  const endpoint = variable('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? variable('OTEL_EXPORTER_OTLP_ENDPOINT');
  if (endpoint === undefined || isSwitchedOff(variable)) return undefined;
  const fault = faultOf(endpoint, variable);
  if (fault !== undefined) {
    terminal.log.warn(`no traces are sent: ${fault}`);
    return undefined;
  }
  const { origin } = new URL(endpoint);
  let isTold = false;
  const onFault = (reason: string): void => {
    if (!isTold) terminal.log.warn(`traces are not sent to ${origin}, or not all: ${reason}`);
    isTold = true;
  };
  const hasTimeout = ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT'].some(variable);
  const { TraceExport } = await import('../telemetry/trace-export.ts');
  const settings = { serviceName, version: VERSION, onFault };
  const exported = new TraceExport(hasTimeout ? settings : { ...settings, timeoutMs: TIMEOUT_MS });
  return {
    exported,
    [Symbol.asyncDispose]: async () => {
      if (!(await exported.close())) stop.leaveSoon();
    },
  };
}

/** One that is empty counts as not set, as OpenTelemetry has it. */
function setText(value: string | undefined): string | undefined {
  const text = value?.trim();
  return text === '' ? undefined : text;
}

function isSwitchedOff(variable: Variable): boolean {
  return (
    variable('OTEL_SDK_DISABLED')?.toLowerCase() === 'true' || variable('OTEL_TRACES_EXPORTER') === 'none'
  );
}

/** Why traces cannot be sent as the variables want it. An address may hold a key, and is not shown. */
function faultOf(endpoint: string, variable: Variable): string | undefined {
  const exporter = variable('OTEL_TRACES_EXPORTER') ?? 'otlp';
  if (exporter !== 'otlp') return `expected otlp as OTEL_TRACES_EXPORTER, got ${exporter}`;
  const protocol =
    variable('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') ??
    variable('OTEL_EXPORTER_OTLP_PROTOCOL') ??
    'http/protobuf';
  if (protocol !== 'http/protobuf')
    return `expected http/protobuf as OTEL_EXPORTER_OTLP_PROTOCOL, got ${protocol}`;
  if (URL.canParse(endpoint) && /^https?:$/u.test(new URL(endpoint).protocol)) return undefined;
  return 'expected http(s)://host[:port][/path] as OTEL_EXPORTER_OTLP_ENDPOINT, got something else';
}

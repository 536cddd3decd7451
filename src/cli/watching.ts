// Flags and variables -> whoever watches a run: metrics to an agent or a file, traces, and notices of its end.

import { asAlarmSyncError } from '../alarm/errors.ts';
import type { MetricRecorder } from '../telemetry/metric-recorder.ts';
import type { MetricSink } from '../telemetry/metric-sink.ts';
import type { RequestTrace } from '../telemetry/request-sampler.ts';
import { RequestObserver, type RequestTraces } from '../telemetry/requests.ts';
import type { RunEnd, RunOutcomeWord } from '../telemetry/run-notice.ts';
import type { RunTrace } from '../telemetry/run-trace.ts';
import type { Command, CommandContext } from './command.ts';
import { METRIC_FLAGS, WATCH_FLAGS } from './flag-groups.ts';
import { requireMetricsFile, writeMetricsFile } from './metrics-file.ts';
import { Notices } from './notices.ts';
import { StopRequest } from './stop.ts';
import { labelsOf, tagsOf } from './tags.ts';
import { openTraces, type OpenTraces } from './traces.ts';
import { required, type Values } from './values.ts';

interface Watchers {
  readonly metrics: MetricRecorder | undefined;
  readonly notices: Notices | undefined;
  readonly traced: Traced | undefined;
  /** False for a worker: its requests are told, and its end is not that of a run. */
  readonly isRun: boolean;
}

interface Traced {
  readonly traces: OpenTraces;
  /** Undefined for a worker, which goes on with the traces of the runs that it serves. */
  readonly runTrace: RunTrace | undefined;
  readonly requests: RequestTraces;
  readonly telling: Disposable;
}

type WatchedContext = Pick<
  CommandContext,
  'values' | 'sections' | 'host' | 'terminal' | 'stop' | 'nowEpochMs'
>;

/** Watches one command, from before it starts until after its end. */
class Watching implements AsyncDisposable {
  readonly #startedMs: number = performance.now();
  readonly #watchers: Watchers;
  readonly #requests: RequestObserver | undefined;

  private constructor(watchers: Watchers, tellsRequests: boolean) {
    this.#watchers = watchers;
    const traces = watchers.traced?.requests ?? null;
    const isWanted = watchers.metrics !== undefined || traces !== null || tellsRequests;
    this.#requests = isWanted ? new RequestObserver(traces) : undefined;
  }

  /**
   * Loads what the flags and variables ask for, and nothing else.
   * @throws {ALARMSYNC_CLI_USAGE} {ALARMSYNC_SERVICE_CREDENTIALS} for a flag that cannot be used.
   */
  static async open(context: WatchedContext, command: Command): Promise<Watching> {
    const { values, terminal } = context;
    const notices = await Notices.open(context);
    const sinks = await sinksOf(
      values,
      firstOnly((message) => terminal.log.warn(message)),
    );
    const metrics = sinks.length === 0 ? undefined : await openRecorder(sinks, context);
    const traced = await openTraced(context, command);
    return new Watching({ metrics, notices, traced, isRun: isRun(command) }, terminal.log.level === 'trace');
  }

  /** Of this command, for requests in other threads; null when it is not traced. */
  get trace(): RequestTrace | null {
    return this.#watchers.traced?.runTrace?.requests ?? null;
  }

  /** Gives the exit code, and tells it to who watches; so with what is thrown. */
  async watch(run: () => Promise<number>): Promise<number> {
    let exitCode: number;
    try {
      exitCode = await run();
    } catch (thrown) {
      if (thrown instanceof StopRequest) await this.#end(thrown.exitCode);
      else await this.#end(asAlarmSyncError(thrown).exitCode, thrown);
      throw thrown;
    }
    await this.#end(exitCode);
    return exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { metrics, notices, traced } = this.#watchers;
    this.#requests?.[Symbol.dispose]();
    notices?.[Symbol.dispose]();
    traced?.telling[Symbol.dispose]();
    await Promise.all([metrics?.[Symbol.asyncDispose](), traced?.traces[Symbol.asyncDispose]()]);
  }

  async #end(exitCode: number, thrown?: unknown): Promise<void> {
    const { metrics, notices, traced, isRun: isRunsEnd } = this.#watchers;
    // What is sent from here on is no request to the service.
    this.#requests?.[Symbol.dispose]();
    const outcome = outcomeWord(exitCode);
    const durationMs = performance.now() - this.#startedMs;
    const end = { outcome, exitCode, durationMs, ...errorOf(thrown) };
    traced?.runTrace?.end(end);
    if (isRunsEnd) metrics?.noteEnded(outcome);
    await notices?.tell(end);
  }
}

/** Runs the work of a command under the eyes of whoever the flags name. */
export async function watched(
  context: CommandContext,
  command: Command,
  work: (context: CommandContext) => Promise<number>,
): Promise<number> {
  await using watching = await Watching.open(context, command);
  return await watching.watch(async () => work({ ...context, trace: watching.trace }));
}

/** Undefined for a command that is neither run nor worker, or when no traces are wanted. */
async function openTraced(context: WatchedContext, command: Command): Promise<Traced | undefined> {
  if (!METRIC_FLAGS.every((flag) => command.flags.includes(flag))) return undefined;
  const traces = await openTraces(context, 'alarmsync');
  if (traces === undefined) return undefined;
  if (!isRun(command)) {
    const { WorkerTrace } = await import('../telemetry/worker-trace.ts');
    const telling = new WorkerTrace(traces.exported);
    return { traces, runTrace: undefined, requests: 'of each step', telling };
  }
  const { RunTrace } = await import('../telemetry/run-trace.ts');
  const runTrace = new RunTrace(traces.exported, {
    command: command.usage.replace(/ .*$/u, ''),
    traceparent: context.host.variable('TRACEPARENT'),
  });
  return { traces, runTrace, requests: runTrace.requests, telling: runTrace };
}

function isRun({ flags }: Command): boolean {
  return WATCH_FLAGS.every((flag) => flags.includes(flag));
}

async function openRecorder(
  sinks: readonly MetricSink[],
  { values, nowEpochMs }: Pick<CommandContext, 'values' | 'nowEpochMs'>,
): Promise<MetricRecorder> {
  const { MetricRecorder } = await import('../telemetry/metric-recorder.ts');
  return new MetricRecorder(sinks, required(values.durationMs('metrics-interval', 1)), nowEpochMs);
}

async function sinksOf(values: Values, onFault: (message: string) => void): Promise<readonly MetricSink[]> {
  const sinks: MetricSink[] = [];
  const agent = values.text('statsd');
  const file = values.text('metrics-file');
  if (agent !== undefined) {
    const { StatsdSink } = await import('../telemetry/statsd.ts');
    sinks.push(new StatsdSink({ agent, tags: tagsOf(values), onFault }));
  }
  if (file !== undefined) {
    requireMetricsFile(file);
    const { PrometheusSink } = await import('../telemetry/prometheus.ts');
    sinks.push(
      new PrometheusSink({
        write: (text) => writeMetricsFile(file, text),
        labels: labelsOf(values),
        onFault: (reason) => onFault(`no metrics are written to ${file}: ${reason}`),
      }),
    );
  }
  return sinks;
}

/** Passes each text on once. */
function firstOnly(tell: (message: string) => void): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    if (!told.has(message)) tell(message);
    told.add(message);
  };
}

/** 2 says that a plan was made, and that there is something to do. */
function outcomeWord(exitCode: number): RunOutcomeWord {
  if (exitCode === 0 || exitCode === 2) return 'success';
  if (exitCode === 3) return 'refused';
  return [10, 130, 143].includes(exitCode) ? 'stopped' : 'failed';
}

function errorOf(thrown: unknown): Pick<RunEnd, 'error'> {
  if (thrown === undefined) return {};
  const { code, message, hint } = asAlarmSyncError(thrown);
  return { error: { code, message, ...(hint === undefined ? {} : { hint }) } };
}

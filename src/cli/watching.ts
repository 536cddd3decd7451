// Flags -> whoever watches a run: metrics to an agent or a file.

import { asAlarmSyncError } from '../alarm/errors.ts';
import type { MetricRecorder, RunOutcomeWord } from '../telemetry/metric-recorder.ts';
import type { MetricSink } from '../telemetry/metric-sink.ts';
import { RequestObserver, type TraceContext } from '../telemetry/requests.ts';
import { StopRequest } from './stop.ts';
import { labelsOf, tagsOf } from './tags.ts';
import type { Terminal } from './terminal.ts';
import { required, type Values } from './values.ts';

/** Watches one command, from before it starts until after its end. */
export class Watching implements AsyncDisposable {
  readonly trace: TraceContext | undefined = undefined;
  readonly #metrics: MetricRecorder | undefined;
  readonly #requests: RequestObserver | undefined;

  private constructor(metrics: MetricRecorder | undefined, isEachRequestTold: boolean) {
    this.#metrics = metrics;
    const isObserved = metrics !== undefined || isEachRequestTold;
    this.#requests = isObserved ? new RequestObserver(this.trace) : undefined;
  }

  /** Loads what the flags ask for, and nothing else. @throws {ALARMSYNC_CLI_USAGE} for a flag that cannot be used. */
  static async open(values: Values, terminal: Terminal, nowEpochMs: () => number): Promise<Watching> {
    const told = new Set<string>();
    const warnOnce = (message: string): void => {
      if (!told.has(message)) terminal.log.warn(message);
      told.add(message);
    };
    const sinks = await sinksOf(values, warnOnce);
    const isEachRequestTold = terminal.log.level === 'trace';
    if (sinks.length === 0) return new Watching(undefined, isEachRequestTold);
    const { MetricRecorder } = await import('../telemetry/metric-recorder.ts');
    const intervalMs = required(values.durationMs('metrics-interval', 1));
    return new Watching(new MetricRecorder(sinks, intervalMs, nowEpochMs), isEachRequestTold);
  }

  /** Gives the exit code, and tells it to who watches; so with what is thrown. */
  async watch(run: () => Promise<number>): Promise<number> {
    try {
      const exitCode = await run();
      this.#metrics?.noteEnded(outcomeWord(exitCode));
      return exitCode;
    } catch (thrown) {
      this.#metrics?.noteEnded(outcomeWord(exitCodeOf(thrown)));
      throw thrown;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#requests?.[Symbol.dispose]();
    await this.#metrics?.[Symbol.asyncDispose]();
  }
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
    const { PrometheusSink } = await import('../telemetry/prometheus.ts');
    sinks.push(new PrometheusSink({ file, labels: labelsOf(values), onFault }));
  }
  return sinks;
}

function exitCodeOf(thrown: unknown): number {
  return thrown instanceof StopRequest ? thrown.exitCode : asAlarmSyncError(thrown).exitCode;
}

/** 2 says that a plan was made, and that there is something to do. */
function outcomeWord(exitCode: number): RunOutcomeWord {
  if (exitCode === 0 || exitCode === 2) return 'success';
  if (exitCode === 3) return 'refused';
  return [10, 130, 143].includes(exitCode) ? 'stopped' : 'failed';
}

// The alarms that the stand-in holds, by name, with what the service adds to a definition.

/** Source: AWS API reference, MetricAlarm. */
export type StateValue = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** A definition as PutMetricAlarm takes it. */
export interface Definition {
  readonly AlarmName: string;
  readonly AlarmDescription?: string;
  readonly ActionsEnabled?: boolean;
  readonly AlarmActions?: readonly string[];
  readonly OKActions?: readonly string[];
  readonly InsufficientDataActions?: readonly string[];
  readonly MetricName?: string;
  readonly Namespace?: string;
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Period?: number;
  readonly EvaluationPeriods?: number;
  readonly DatapointsToAlarm?: number;
  readonly Threshold?: number;
  readonly ComparisonOperator?: string;
  readonly TreatMissingData?: string;
  readonly Metrics?: readonly Readonly<Record<string, unknown>>[];
}

export interface HeldAlarm extends Definition {
  readonly AlarmArn: string;
  readonly StateValue: StateValue;
  readonly StateReason: string;
  /** Seconds since 1970, as all times here. */
  readonly AlarmConfigurationUpdatedTimestamp: number;
  readonly StateUpdatedTimestamp: number;
  readonly StateTransitionedTimestamp: number;
}

export class Alarms {
  readonly #held = new Map<string, HeldAlarm>();
  readonly #nowEpochMs: () => number;

  constructor(nowEpochMs: () => number) {
    this.#nowEpochMs = nowEpochMs;
  }

  get count(): number {
    return this.#held.size;
  }

  /** By name. */
  all(): readonly HeldAlarm[] {
    return [...this.#held.values()].toSorted((left, right) => (left.AlarmName < right.AlarmName ? -1 : 1));
  }

  find(name: string): HeldAlarm | undefined {
    return this.#held.get(name);
  }

  /** Replaces all of a definition, and nothing of a state. */
  put(definition: Definition): void {
    const nowSeconds = this.#nowEpochMs() / 1000;
    const before = this.#held.get(definition.AlarmName);
    this.#held.set(definition.AlarmName, {
      ActionsEnabled: true,
      AlarmActions: [],
      OKActions: [],
      InsufficientDataActions: [],
      ...(definition.Metrics === undefined ? { Dimensions: [] } : {}),
      ...definition,
      AlarmArn: `arn:aws:cloudwatch:eu-central-1:111122223333:alarm:${definition.AlarmName}`,
      StateValue: before?.StateValue ?? 'INSUFFICIENT_DATA',
      StateReason: before?.StateReason ?? 'Unchecked: Initial alarm creation',
      AlarmConfigurationUpdatedTimestamp: nowSeconds,
      StateUpdatedTimestamp: before?.StateUpdatedTimestamp ?? nowSeconds,
      StateTransitionedTimestamp: before?.StateTransitionedTimestamp ?? nowSeconds,
    });
  }

  /** Past every rule; false when there is none. */
  change(name: string, parts: Partial<HeldAlarm>): boolean {
    const held = this.#held.get(name);
    if (held !== undefined) this.#held.set(name, { ...held, ...parts });
    return held !== undefined;
  }

  remove(name: string): boolean {
    return this.#held.delete(name);
  }
}

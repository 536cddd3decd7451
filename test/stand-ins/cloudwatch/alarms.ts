// Definitions and states -> the alarms that the stand-in holds, by name, with what the service adds to a definition.

/** Source: AWS API reference, MetricAlarm. */
export type StateValue = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

interface MetricStat {
  readonly Metric: {
    readonly Namespace?: string;
    readonly MetricName?: string;
    readonly Dimensions?: readonly Dimension[];
  };
  readonly Period: number;
  readonly Stat: string;
  readonly Unit?: string;
}

/** An entry of metric math. */
export interface MetricQuery {
  readonly Id: string;
  readonly MetricStat?: MetricStat;
  readonly Expression?: string;
  readonly Label?: string;
  readonly ReturnData?: boolean;
  readonly Period?: number;
  readonly AccountId?: string;
}

/** A definition as PutMetricAlarm takes it, but for its tags. */
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
  readonly Dimensions?: readonly Dimension[];
  readonly Period?: number;
  readonly Unit?: string;
  readonly EvaluationPeriods?: number;
  readonly DatapointsToAlarm?: number;
  readonly Threshold?: number;
  readonly ComparisonOperator?: string;
  readonly TreatMissingData?: string;
  readonly EvaluateLowSampleCountPercentile?: string;
  readonly Metrics?: readonly MetricQuery[];
}

export interface State {
  readonly StateValue: StateValue;
  readonly StateReason: string;
  readonly StateReasonData?: string;
}

interface DatedState extends State {
  /** Seconds since 1970, as all times here. */
  readonly StateUpdatedTimestamp: number;
  readonly StateTransitionedTimestamp: number;
}

export interface HeldAlarm extends Definition, DatedState {
  readonly AlarmArn: string;
  readonly AlarmConfigurationUpdatedTimestamp: number;
}

export class Alarms {
  readonly #held = new Map<string, HeldAlarm>();
  readonly #nowEpochMs: () => number;
  /** By name; undefined after alarms came or went. */
  #sortedNames: readonly string[] | undefined;

  constructor(nowEpochMs: () => number) {
    this.#nowEpochMs = nowEpochMs;
  }

  get count(): number {
    return this.#held.size;
  }

  /** By name. */
  all(): readonly HeldAlarm[] {
    return this.#names().flatMap((name) => this.#held.get(name) ?? []);
  }

  find(name: string): HeldAlarm | undefined {
    return this.#held.get(name);
  }

  /** Replaces all of a definition, and nothing of a state. */
  put(definition: Definition): void {
    const now = this.#nowEpochMs() / 1000;
    const name = definition.AlarmName;
    const before = this.#held.get(name);
    if (before === undefined) this.#sortedNames = undefined;
    this.#held.set(name, {
      ActionsEnabled: true,
      AlarmActions: [],
      OKActions: [],
      InsufficientDataActions: [],
      ...(definition.Metrics === undefined ? { Dimensions: [] } : {}),
      ...structuredClone(definition),
      AlarmArn: `arn:aws:cloudwatch:eu-central-1:111122223333:alarm:${name}`,
      AlarmConfigurationUpdatedTimestamp: now,
      ...(before === undefined ? firstState(now) : stateOf(before)),
    });
  }

  /** Replaces parts, past every rule; its time of configuration moves unless given. False when there is none. */
  change(name: string, parts: Partial<HeldAlarm>): boolean {
    const held = this.#held.get(name);
    if (held === undefined) return false;
    const AlarmConfigurationUpdatedTimestamp = this.#nowEpochMs() / 1000;
    const changed = { ...held, AlarmConfigurationUpdatedTimestamp, ...structuredClone(parts) };
    this.#held.set(name, { ...changed, AlarmName: name });
    return true;
  }

  /** A state that is set again is updated, and makes no transition. False when there is no such alarm. */
  setState(name: string, state: State): boolean {
    const held = this.#held.get(name);
    if (held === undefined) return false;
    const now = this.#nowEpochMs() / 1000;
    const { StateReasonData: _before, ...others } = held;
    this.#held.set(name, {
      ...others,
      ...state,
      StateUpdatedTimestamp: now,
      StateTransitionedTimestamp:
        held.StateValue === state.StateValue ? held.StateTransitionedTimestamp : now,
    });
    return true;
  }

  remove(name: string): boolean {
    const isHeld = this.#held.delete(name);
    if (isHeld) this.#sortedNames = undefined;
    return isHeld;
  }

  #names(): readonly string[] {
    // By UTF-16 units, as `<` compares names too.
    this.#sortedNames ??= [...this.#held.keys()].toSorted();
    return this.#sortedNames;
  }
}

/** recorded. */
function firstState(now: number): DatedState {
  return {
    StateValue: 'INSUFFICIENT_DATA',
    StateReason: 'Unchecked: Initial alarm creation',
    StateUpdatedTimestamp: now,
    StateTransitionedTimestamp: now,
  };
}

function stateOf(alarm: HeldAlarm): DatedState {
  const { StateValue, StateReason, StateReasonData, StateUpdatedTimestamp, StateTransitionedTimestamp } =
    alarm;
  return {
    StateValue,
    StateReason,
    ...(StateReasonData === undefined ? {} : { StateReasonData }),
    StateUpdatedTimestamp,
    StateTransitionedTimestamp,
  };
}

// The benchmark's report: what it calls met, what it calls missed, and where it may put its table.

import { describe, expect, it } from 'vitest';

import { comparisonText } from '../bench/report/comparison.ts';
import { withReport, withRun } from '../bench/report/publish.ts';
import { readRuns, textOfRuns, type ResultLine, type Results } from '../bench/report/result.ts';
import { reportText } from '../bench/report/table.ts';
import { Workspace } from './source.run.ts';

const drained = (subject: string, perSecond: number, spread = 0): ResultLine => ({
  question: 'drain',
  subject,
  operation_count: 5000,
  operations_per_second_median: perSecond,
  operations_per_second_min: perSecond - spread,
  operations_per_second_max: perSecond + spread,
});

const results = (lines: readonly ResultLine[], date = '2026-01-31'): Results => ({
  environment: { question: 'environment', date, cpu: 'a processor', row_count: 1000, run_count: 3 },
  lines,
});

const drainRow = (lines: readonly ResultLine[]): string | undefined =>
  reportText([results(lines)])
    .split('\n')
    .find((line) => line.includes('drain of 5'));

describe('a figure beside its peer', () => {
  it('is met when it reaches the goal, with both figures and their ratio', () => {
    const row = drainRow([drained('alarmsync', 8000), drained('bare-loop', 10_000)]);
    expect(row).toMatch(/8 000\/s .*bare loop 10 000\/s .*0\.80 × .*≥ 0\.8 × .*met/u);
  });

  it('is missed when it does not', () => {
    expect(drainRow([drained('alarmsync', 7000), drained('bare-loop', 10_000)])).toContain('missed');
  });

  it('is within the spread when runs of both sides would have reached it, of one side alone missed', () => {
    const peer = drained('bare-loop', 10_000);
    expect(drainRow([drained('alarmsync', 7900, 300), peer])).toContain('missed');
    const uneven = drained('bare-loop', 10_000, 300);
    expect(drainRow([drained('alarmsync', 7900, 300), uneven])).toContain('within the spread');
  });

  it('is left out when the peer was not asked', () => {
    expect(drainRow([drained('alarmsync', 8000)])).toBeUndefined();
  });
});

describe('what telling costs a plan', () => {
  const told = (leastRatio: number, mostRatio: number): string =>
    reportText([
      results([
        {
          question: 'watched',
          subject: 'timed',
          row_count: 1000,
          telling_ratio_median: leastRatio,
          telling_ratio_min: leastRatio,
          telling_ratio_max: mostRatio,
        },
      ]),
    ]);

  it('is its share of the time, and the worst run counts', () => {
    expect(told(0.002, 0.009)).toMatch(/plan of 1 000: telling .*0\.200 % \(0\.200 to 0\.900 %\).*met/u);
    expect(told(0.002, 0.011)).toContain('missed');
  });
});

describe('figures of workers', () => {
  const queued = (subject: string, workerCount: number, perSecond: number): ResultLine => ({
    ...drained(subject, perSecond),
    question: 'queue',
    data: '50 ms',
    worker_count: workerCount,
  });
  const held = (count: number, bytes: number): ResultLine => ({
    question: 'queue-memory',
    subject: 'redis',
    operation_count: count,
    peak_memory_bytes_median: bytes,
    peak_memory_bytes_min: bytes,
    peak_memory_bytes_max: bytes,
  });
  const rowOf = (lines: readonly ResultLine[], what: string): string | undefined =>
    reportText([results(lines)])
      .split('\n')
      .find((line) => line.includes(what));

  it('stand beside the run that sends by itself', () => {
    const lines = [queued('alarmsync', 0, 500), queued('workers', 4, 1500), queued('workers', 1, 400)];
    expect(rowOf(lines, '4 workers, answers after 50 ms')).toMatch(
      /1 500\/s .*without queue 500\/s .*3\.00 ×/u,
    );
    expect(rowOf(lines, '1 worker, ')).toContain('0.80 ×');
  });

  it('say when Redis holds more of a larger plan', () => {
    expect(rowOf([held(10_000, 4e6), held(1_000_000, 4.2e6)], 'Redis')).toMatch(/4\.2 MB .*1\.05 × .*met/u);
    expect(rowOf([held(10_000, 4e6), held(1_000_000, 8e6)], 'Redis')).toContain('missed');
  });

  it('hold the use of a quota to nine tenths, and its fastest second to one window more', () => {
    const used = (ratio: number, fastest: number): readonly ResultLine[] => [
      {
        question: 'queue-quota',
        subject: 'workers',
        quota_per_second: 100,
        worker_count: 3,
        quota_use_ratio_median: ratio,
        quota_use_ratio_min: ratio,
        quota_use_ratio_max: ratio,
        fastest_second_ratio: fastest,
      },
    ];
    expect(rowOf(used(0.95, 1), ': used')).toContain('met');
    expect(rowOf(used(0.85, 1), ': used')).toContain('missed');
    expect(rowOf(used(0.95, 1), 'fastest')).toContain('met');
    expect(rowOf(used(0.95, 1.1), 'fastest')).toContain('missed');
  });
});

describe('the committed runs', () => {
  const planned = { question: 'plan', subject: 'alarmsync' };
  const earlier = [drained('alarmsync', 4000), drained('bare-loop', 5000), planned];
  const later = results([drained('alarmsync', 8000)], '2026-02-28');

  it('give all figures of a question up for those of a later run', () => {
    expect(withRun([results(earlier)], later)).toEqual([results([planned]), later]);
    expect(withRun([results([planned]), later], results(earlier))).toEqual([results(earlier)]);
  });

  it('are told in a table each, with when and where it was measured', () => {
    const text = reportText(withRun([results([...earlier, drained('bare-loop', 1)])], later));
    expect(text.match(/^Measured on [-0-9]+ on a processor/gmu)).toEqual([
      'Measured on 2026-01-31 on a processor',
      'Measured on 2026-02-28 on a processor',
    ]);
  });

  it('are read again as they were written, and nothing without an environment', () => {
    using workspace = new Workspace();
    const runs = [results([planned]), later];
    expect(readRuns(workspace.write('runs.jsonl', textOfRuns(runs)))).toEqual(runs);
    const headless = workspace.write('headless.jsonl', `${JSON.stringify(planned)}\n`);
    expect(() => readRuns(headless)).toThrow('expected the environment in the first line');
    expect(() => readRuns(workspace.write('empty.jsonl', ''))).toThrow('expected results in');
  });
});

describe('the table', () => {
  const readme = 'before\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nafter';

  it('replaces what stands between its marks, and nothing else', () => {
    expect(withReport(readme, 'new')).toBe(
      'before\n<!-- bench:begin -->\n\nnew\n\n<!-- bench:end -->\nafter',
    );
  });

  it.each([['before'], ['<!-- bench:end --> <!-- bench:begin -->'], ['<!-- bench:begin -->']])(
    'is refused by %s, which has no place for it',
    (text) => {
      expect(() => withReport(text, 'new')).toThrow('expected "<!-- bench:begin -->"');
    },
  );
});

describe('the comparison with the committed figures', () => {
  const lines = [drained('alarmsync', 8000), drained('bare-loop', 10_000)];

  it('says when the environments differ, and which ratios hold all the same', () => {
    const other = results(lines);
    const text = comparisonText([results(lines)], {
      ...other,
      environment: { ...other.environment, cpu: 'another processor' },
    });
    expect(text).toContain('The environments differ in cpu (a processor, now another processor)');
  });

  it('is with the runs that asked the same questions', () => {
    const planned = results([{ question: 'plan', subject: 'alarmsync' }], '2025-12-31');
    expect(comparisonText([planned, results(lines)], results(lines, '2026-02-28'))).toContain(
      'Committed: 2026-01-31. Last run: 2026-02-28.',
    );
    expect(comparisonText([planned], results(lines))).toBe(
      'Nothing of what the last run asked is committed.\n',
    );
  });

  it('sets each figure beside the earlier one', () => {
    const text = comparisonText([results([drained('alarmsync', 4000)])], results(lines));
    expect(text).toMatch(/drain, alarmsync.*operations_per_second_median .*4000 .*8000 .*2\.00 ×/u);
  });
});

// Subjects -> their samples, measured in turn, so that a slow phase of the machine strikes all of them.

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';

import type { QuestionContext } from '../question.ts';
import { ProcessFailure } from './measured.ts';

export interface Subject<Sample> {
  readonly name: string;
  /** A peer that cannot do it, for want of memory say, is left out with a word; we ourselves may not fail. */
  readonly isPeer: boolean;
  /** @param directory empty, removed afterwards */
  readonly run: (directory: string) => Promise<Sample>;
  /** What of a sample a person wants to see at once. */
  readonly tell: (sample: Sample) => string;
}

/** The counted samples by subject; a peer that failed has none. */
export async function measureRounds<Sample>(
  context: Pick<QuestionContext, 'runCount' | 'scratchDirectory' | 'progress'>,
  title: string,
  subjects: readonly Subject<Sample>[],
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map(subjects.map(({ name }): [string, Sample[]] => [name, []]));
  const failed = new Set<string>();
  for (let round = 0; round <= context.runCount; round += 1) {
    for (const subject of rotated(subjects, round)) {
      if (failed.has(subject.name)) continue;
      const sample = await runOnce(context, title, subject, round);
      if (sample === undefined) failed.add(subject.name);
      // The first round warms up the machine: caches of the disk above all.
      else if (round > 0) samples.get(subject.name)?.push(sample);
    }
  }
  for (const name of failed) samples.set(name, []);
  return samples;
}

async function runOnce<Sample>(
  { scratchDirectory, progress }: Pick<QuestionContext, 'scratchDirectory' | 'progress'>,
  title: string,
  subject: Subject<Sample>,
  round: number,
): Promise<Sample | undefined> {
  const directory = path.join(scratchDirectory, 'round');
  const place = `${title}, ${round === 0 ? 'warm-up' : `run ${round}`}, ${subject.name}`;
  mkdirSync(directory, { recursive: true });
  // What the subject before has left in the disk's queue is not this one's to wait for.
  if (process.platform !== 'win32') spawnSync('sync');
  try {
    const sample = await subject.run(directory);
    progress(`${place}: ${subject.tell(sample)}`);
    return sample;
  } catch (thrown) {
    if (!(thrown instanceof ProcessFailure)) throw thrown;
    if (!subject.isPeer) throw new Error(`${place}: ${thrown.message}`, { cause: thrown });
    progress(`${place}: left out, it ${thrown.message}`);
    return undefined;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Nobody is always the one that comes after the same other. */
function rotated<Item>(items: readonly Item[], by: number): readonly Item[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

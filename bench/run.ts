// The benchmark's command line -> questions asked one after the other, their results, and a report of them.

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';

import { describeEnvironment } from './environment.ts';
import { REDIS_IS_MISSING, redisVersion } from './measuring/redis.ts';
import { killLiveProcesses } from './measuring/spawned.ts';
import { drain } from './drain.bench.ts';
import { plan } from './plan.bench.ts';
import { queueMemory } from './queue-memory.bench.ts';
import { queueQuota } from './queue-quota.bench.ts';
import { queue } from './queue.bench.ts';
import { BENCH, DATA, LAST, MAIN, README } from './places.ts';
import type { Question, QuestionContext } from './question.ts';
import { quota } from './quota.bench.ts';
import { chartText } from './report/chart.ts';
import { publish, withReport } from './report/publish.ts';
import { readRuns } from './report/result.ts';
import { reportText } from './report/table.ts';
import { resume } from './resume.bench.ts';
import { resync } from './resync.bench.ts';
import { scale } from './scale.bench.ts';
import { watched } from './watched.bench.ts';

const QUESTIONS: Readonly<Record<string, Question>> = {
  plan,
  scale,
  resync,
  drain,
  quota,
  resume,
  watched,
  queue,
  'queue-memory': queueMemory,
  'queue-quota': queueQuota,
};

interface Choice {
  readonly questions: readonly Question[];
  readonly settings: Pick<QuestionContext, 'rowCount' | 'runCount' | 'scaleFactors'>;
  readonly isPublished: boolean;
}

const scratch = path.join(DATA, 'scratch', String(process.pid));
process.on('exit', () => {
  killLiveProcesses();
  rmSync(scratch, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
try {
  await run(choiceOf(hideBin(process.argv)));
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = 1;
}

async function run({ questions, settings, isPublished }: Choice): Promise<void> {
  if (!existsSync(MAIN)) throw new Error(`expected the program built, in dist: npm run build`);
  if (isPublished) requirePublishable(questions); // better known now than after ten minutes
  mkdirSync(LAST, { recursive: true });
  // An unfinished run leaves the last finished one's results.
  const unfinished = path.join(LAST, 'unfinished.jsonl');
  rmSync(unfinished, { force: true });
  const emit = (line: object): void => {
    const text = JSON.stringify(line);
    console.log(text);
    appendFileSync(unfinished, `${text}\n`);
  };
  emit(describeEnvironment(settings.rowCount, settings.runCount));
  for (const question of questions) await ask(question, { ...settings, emit });
  renameSync(unfinished, path.join(LAST, 'results.jsonl'));
  report(isPublished);
}

/** @throws {Error} when the README has no place for the report, or a question would be left out. */
function requirePublishable(questions: readonly Question[]): void {
  withReport(readFileSync(README, 'utf8'), '');
  const asksRedis = [queue, queueMemory, queueQuota].some((question) => questions.includes(question));
  if (asksRedis && redisVersion() === undefined)
    throw new Error(`--publish: expected all questions answered: ${REDIS_IS_MISSING}`);
}

async function ask(
  question: Question,
  given: Pick<QuestionContext, 'rowCount' | 'runCount' | 'scaleFactors' | 'emit'>,
): Promise<void> {
  mkdirSync(scratch, { recursive: true });
  const progress = (text: string): void => console.error(text);
  await question({ ...given, dataDirectory: DATA, scratchDirectory: scratch, progress });
  rmSync(scratch, { recursive: true });
}

function report(isPublished: boolean): void {
  const [results] = readRuns(path.join(LAST, 'results.jsonl'));
  const text = reportText([results]);
  writeFileSync(path.join(LAST, 'figures.md'), text);
  writeFileSync(path.join(LAST, 'figures.svg'), chartText(results));
  console.error(`\n${text}`);
  if (isPublished) publish(results, { bench: BENCH, readme: README });
}

function choiceOf(args: readonly string[]): Choice {
  const flags = yargs(args)
    .scriptName('npm run bench --')
    .usage(
      '$0 [flags]\n\nMeasures alarmsync beside its peers on this machine; what it finds is left in bench/.last.',
    )
    .option('rows', { type: 'number', default: 250_000, describe: 'Alarms in the service' })
    .option('runs', { type: 'number', default: 3, describe: 'Counted runs of each; one more warms up' })
    .option('only', {
      type: 'string',
      describe: `Questions, split by commas: ${Object.keys(QUESTIONS).join(',')}`,
    })
    .option('scale', { type: 'string', default: '1,4', describe: 'Multiples of --rows that scale plans' })
    .option('publish', {
      type: 'boolean',
      default: false,
      describe: 'Put the results of the questions asked into bench/ and README.md, to be committed',
    })
    .strict()
    .help()
    .version(false)
    .parseSync();
  return {
    questions: (flags.only?.split(',') ?? Object.keys(QUESTIONS)).map(requireQuestion),
    settings: {
      rowCount: wholeNumber('--rows', flags.rows, 1000),
      runCount: wholeNumber('--runs', flags.runs, 1),
      scaleFactors: flags.scale.split(',').map((factor) => wholeNumber('--scale', Number(factor), 1)),
    },
    isPublished: flags.publish,
  };
}

function requireQuestion(name: string): Question {
  const question = QUESTIONS[name];
  if (question !== undefined) return question;
  throw new Error(`--only: expected some of ${Object.keys(QUESTIONS).join(', ')}, got "${name}"`);
}

function wholeNumber(flag: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`${flag}: expected a whole number from ${least}, got ${value}`);
}

// The id of a run, which names its directory: what may be one, and which directories are named by one.

/** One segment of a path, whoever wrote it: an id comes from a plan file, too. */
const SEGMENT = /^[\w-]+(?:\.[\w-]+)*$/u;

/** Shape: `20261121T224500Z-3f9a21`, with a target `20261121T224500Z-3f9a21.eu`, of another command `export-20261121T224500Z-3f9a21`. */
const DIRECTORY_NAME = /^(?:[a-z]+-)?\d{8}T\d{6}Z-[0-9a-f]{4,}(?:\.[\w-]+)*$/u;

/** True for what names nothing outside of the directory in which runs are kept. */
export function isRunId(text: string): boolean {
  return SEGMENT.test(text);
}

/** True for a directory that this program made for a run or another command, and may remove. */
export function isOwnDirectoryName(name: string): boolean {
  return DIRECTORY_NAME.test(name);
}

/** Of the runs of several targets, what they share; shape: `20261121T224500Z-3f9a21` of `20261121T224500Z-3f9a21.eu`; undefined for a run of no round. */
export function roundIdOf(runId: string): string | undefined {
  const end = runId.indexOf('.');
  return end < 0 ? undefined : runId.slice(0, end);
}

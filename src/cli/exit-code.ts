// Several exit codes that hold at once -> the one to end with.

/** The first that holds wins; see the README's table. */
const PRECEDENCE: readonly number[] = [130, 143, 11, 7, 3, 1, 10, 5, 4, 6, 2, 0];

export function exitCodeOf(codes: readonly number[]): number {
  return PRECEDENCE.find((code) => codes.includes(code)) ?? 0;
}

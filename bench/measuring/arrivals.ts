// When requests came -> how fast that was over all, and at its fastest second.

/** Requests a second between the first and the last one; that many intervals lie between them, less one. */
export function overallPerSecond(arrivalsMs: readonly number[]): number {
  const spanMs = (arrivalsMs.at(-1) ?? Number.NaN) - (arrivalsMs[0] ?? Number.NaN);
  return ((arrivalsMs.length - 1) * 1000) / spanMs;
}

/** The most requests that came within any one second, wherever it begins. */
export function fastestSecondCount(arrivalsMs: readonly number[]): number {
  let fastestCount = 0;
  let oldest = 0;
  for (const [index, arrivalMs] of arrivalsMs.entries()) {
    while (arrivalMs - (arrivalsMs[oldest] ?? Infinity) >= 1000) oldest += 1;
    fastestCount = Math.max(fastestCount, index - oldest + 1);
  }
  return fastestCount;
}

/** How many entries the journals had at a moment, in milliseconds. */
export type Sample = { at: number; entries: number };

/** What came between two looks. */
export type Span = { from: number; to: number; signed: number };

/** What came between each look and the next; a journal that is shorter than before was exchanged, and tells nothing. */
export function spansOf(samples: readonly Sample[]): Span[] {
  return samples.slice(1).map(({ at, entries }, index) => {
    const before = samples[index] as Sample;
    return { from: before.at, to: at, signed: Math.max(0, entries - before.entries) };
  });
}

/** Signatures per second over all that was seen; absent: nothing was seen yet. */
export function perSecond(spans: readonly Span[]): number | undefined {
  const [first, last] = [spans[0], spans.at(-1)];
  if (!first || !last || last.to <= first.from) return undefined;
  const signed = spans.reduce((sum, span) => sum + span.signed, 0);
  return (1000 * signed) / (last.to - first.from);
}

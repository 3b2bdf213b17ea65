/** Parts of a whole: what charts draw and legends say. */

export interface Slice {
  readonly name: string;
  readonly value: number;
  /** The class that colours it: `series-1` to `series-5`, `good`, `warn`, `stop` or `quiet`. */
  readonly tone: string;
}

export interface Segment extends Slice {
  /** Where it begins and how wide it is, each as a share of the whole. */
  readonly start: number;
  readonly share: number;
}

const MOST_SLICES = 5;

/** Counts by name as slices, the largest first; what is too small for one of its own is `other`. */
export function slicesOf(counts: Readonly<Record<string, number>>, other: string): Slice[] {
  const sorted = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([a, countA], [b, countB]) => countB - countA || a.localeCompare(b));
  const shown = sorted.length > MOST_SLICES ? sorted.slice(0, MOST_SLICES - 1) : sorted;
  const rest = sorted.slice(shown.length).reduce((sum, [, count]) => sum + count, 0);
  const all: [string, number][] = rest ? [...shown, [other, rest]] : shown;
  return all.map(([name, value], place) => ({ name, value, tone: `series-${place + 1}` }));
}

/** Slices laid end to end. */
export function segmentsOf(slices: readonly Slice[]): Segment[] {
  const whole = slices.reduce((sum, slice) => sum + slice.value, 0);
  let start = 0;
  return slices.map((slice) => {
    const segment = { ...slice, start, share: shareOf(slice.value, whole) };
    start += segment.share;
    return segment;
  });
}

/** Never below 0 nor above 1; of nothing it is 0. */
export const shareOf = (part: number, whole: number): number =>
  whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0;

// What can be told from the feed's metric families. Pure: no clock, no page. A family may be absent.

export function samples(feed, family) {
  return feed?.metrics?.[family]?.samples ?? [];
}

const everything = () => true;
const number = (value) => (Number.isFinite(value) ? value : 0);

/** The sum of a counter's or gauge's samples whose labels are wanted; 0 where there are none. */
export function sum(feed, family, wanted = everything) {
  return samples(feed, family).reduce((all, { labels = {}, value }) => all + (wanted(labels) ? number(value) : 0), 0);
}

/** As sum(), but null where the family has no sample that is wanted. */
export function gauge(feed, family, wanted = everything) {
  return samples(feed, family).some(({ labels = {} }) => wanted(labels)) ? sum(feed, family, wanted) : null;
}

/** label value → sum, the greatest first. */
export function sumBy(feed, family, label, wanted = everything) {
  const sums = new Map();
  for (const { labels = {}, value } of samples(feed, family)) {
    if (wanted(labels)) sums.set(labels[label] ?? "", (sums.get(labels[label] ?? "") ?? 0) + number(value));
  }
  return new Map([...sums].sort((a, b) => b[1] - a[1]));
}

export function labelValues(feed, family, label) {
  return [...new Set(samples(feed, family).map(({ labels = {} }) => labels[label] ?? ""))];
}

/** The wanted samples of a histogram as one: { count, sum, buckets: [[upper bound, cumulative count], …] }. */
export function histogram(feed, family, wanted = everything) {
  const all = { count: 0, sum: 0, buckets: [] };
  const counts = new Map();
  for (const { labels = {}, buckets = [], count, sum: seconds } of samples(feed, family)) {
    if (!wanted(labels)) continue;
    all.count += number(count);
    all.sum += number(seconds);
    for (const [bound, below] of buckets) {
      const upper = bound === "+Inf" ? Infinity : Number(bound);
      counts.set(upper, (counts.get(upper) ?? 0) + number(below));
    }
  }
  all.buckets = [...counts].sort((a, b) => a[0] - b[0]);
  return all;
}

/** What came between two states of one histogram. */
export function between(earlier, later) {
  const before = new Map(earlier.buckets);
  return {
    count: later.count - earlier.count,
    sum: later.sum - earlier.sum,
    buckets: later.buckets.map(([bound, below]) => [bound, below - (before.get(bound) ?? 0)]),
  };
}

/**
 * The q-quantile, 0 to 1, even within a bucket, as Prometheus's histogram_quantile() has it; null of nothing.
 * Beyond the last finite bound only that bound is known: { value: 120, beyond: true }.
 */
export function quantile({ buckets }, q) {
  const total = buckets.at(-1)?.[1] ?? 0;
  if (total <= 0) return null;
  const rank = q * total;
  let lower = 0;
  let below = 0;
  for (const [bound, upTo] of buckets) {
    if (upTo >= rank && upTo > below) {
      if (bound === Infinity) return { value: lower, beyond: true };
      return { value: lower + (bound - lower) * Math.max(0, rank - below) / (upTo - below), beyond: false };
    }
    below = upTo;
    if (bound !== Infinity) lower = bound;
  }
  return { value: lower, beyond: true };
}

/** How much a second; null where no time passed. */
export function rate(earlier, later, seconds) {
  return seconds > 0 ? Math.max(0, later - earlier) / seconds : null;
}

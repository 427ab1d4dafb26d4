// What the tables hold, and which keys follow from a seed (see load/src/series.rs).
export const columns = "id, name, brand, price, rating, stock, active, category";

const ROWS = 20;

function* numbers(seed) {
  for (let x = seed; ; ) yield ((x = (x * 48271) % 2147483647) % 10000) + 1;
}

/** The keys of the rows to read. */
export function keys(seed) {
  const next = numbers(seed);
  return Array.from({ length: ROWS }, () => next.next().value);
}

/**
 * The keys of the rows to change, each with the row's new number, by key: transactions that lock rows in different orders
 * would wait for each other for ever.
 */
export function changes(seed) {
  const next = numbers(seed);
  const changes = Array.from({ length: ROWS }, () => [next.next().value, next.next().value]);
  return changes.sort(([a], [b]) => a - b);
}

/** The bulk insert's row of this number. */
export function record(i) {
  return [`Record ${i}`, i + 0.25, i % 1000, i % 2 === 0];
}

/** The standard deviations on both sides of a mean between which 95 % of a normal distribution lie. */
const z = 1.959963984540054;

/**
 * Between which rates the true one lies with a confidence of 95 %, when so many of these trials succeeded: the score
 * interval of E. B. Wilson, which is good for few trials and for rates near 0 and 1 too. Of no trials nothing is known.
 */
export function wilsonInterval(
  successes: number,
  trials: number,
): readonly [low: number, high: number] {
  if (trials === 0) return [0, 1];
  const rate = successes / trials;
  const scale = 1 + z ** 2 / trials;
  const middle = (rate + z ** 2 / (2 * trials)) / scale;
  const spread = (z / scale) * Math.sqrt((rate * (1 - rate)) / trials + z ** 2 / (4 * trials ** 2));
  // At the ends of the scale they are exact, but for what floating point loses.
  return [Math.max(0, middle - spread), Math.min(1, middle + spread)];
}

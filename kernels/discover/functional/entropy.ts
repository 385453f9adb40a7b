const K1 = 79.047;
const K2 = 7.4129;
/** E[log cosh u] of a standard normal u. */
const GAMMA = 0.37457;

/**
 * Differential entropy of a variable of mean 0 and variance 1, in nats, by the maximum entropy approximation from
 * E[log cosh u] and E[u exp(-u²/2)] (Hyvärinen 1998, equation 15, as used by Hyvärinen & Smith 2013). O(n).
 */
export function entropy(u: Float64Array): number {
  let cosh = 0;
  let odd = 0;
  for (const value of u) {
    const size = Math.abs(value);
    // log cosh without overflow
    cosh += size + Math.log1p(Math.exp(-2 * size)) - Math.LN2;
    odd += value * Math.exp(-0.5 * value * value);
  }
  const n = u.length;
  return 0.5 * (1 + Math.log(2 * Math.PI)) - K1 * (cosh / n - GAMMA) ** 2 - K2 * (odd / n) ** 2;
}

/**
 * Jarque-Bera p-value that a sample is normal, from its skewness and kurtosis against chi-squared with 2 degrees of
 * freedom. O(n).
 */
export function normalityP(x: Float64Array): number {
  const n = x.length;
  let mean = 0;
  for (const value of x) mean += value / n;
  let m2 = 0;
  let m3 = 0;
  let m4 = 0;
  for (const value of x) {
    const c = value - mean;
    m2 += (c * c) / n;
    m3 += c ** 3 / n;
    m4 += c ** 4 / n;
  }
  const skewness = m3 / m2 ** 1.5;
  const kurtosis = m4 / m2 ** 2 - 3;
  const statistic = (n / 6) * (skewness ** 2 + kurtosis ** 2 / 4);
  return Math.exp(-statistic / 2);
}

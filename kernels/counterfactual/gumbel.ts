/**
 * P(argmax = i under p and argmax = j under q) when one Gumbel noise per level is added to log p and to log q
 * (Oberst & Sontag 2019; the pair's joint law in closed form). With E_k = exp(-Gumbel_k) exponential, the level chosen
 * under p is argmin E_k / p_k. For i = j the chance is 1 / Σ_l max(p_l/p_i, q_l/q_i). For i ≠ j put s = E_i/p_i,
 * t = E_j/q_j: every other E_l must exceed max(p_l s, q_l t), and integrating s out for a fixed ratio r = t/s leaves
 * ∫ p_i q_j / c(r)² dr with c(r) = Σ_l max(p_l, q_l r) piecewise linear, over r from p_j/q_j to p_i/q_i. O(k²).
 */
export function gumbelPair(
  p: ArrayLike<number>,
  q: ArrayLike<number>,
  i: number,
  j: number,
): number {
  const pi = p[i]!;
  const qj = q[j]!;
  if (pi === 0 || qj === 0) return 0;
  const k = p.length;
  if (i === j) {
    let sum = 0;
    for (let l = 0; l < k; l++) sum += Math.max(p[l]! / pi, q[l]! / qj);
    return 1 / sum;
  }
  const from = p[j]! / qj;
  const to = q[i] === 0 ? Infinity : pi / q[i]!;
  if (!(to > from)) return 0;
  const cuts = [from];
  for (let l = 0; l < k; l++) {
    const cut = q[l] === 0 ? Infinity : p[l]! / q[l]!;
    if (cut > from && cut < to) cuts.push(cut);
  }
  cuts.sort((a, b) => a - b);
  cuts.push(to);
  let total = 0;
  for (let c = 0; c + 1 < cuts.length; c++) {
    const low = cuts[c]!;
    const high = cuts[c + 1]!;
    if (high <= low) continue;
    const middle = high === Infinity ? low + 1 : (low + high) / 2;
    let intercept = 0;
    let slope = 0;
    for (let l = 0; l < k; l++) {
      if (p[l]! >= q[l]! * middle) intercept += p[l]!;
      else slope += q[l]!;
    }
    const at = (r: number): number => intercept + slope * r;
    // ∫ dr / (a + b r)² = (high - low) / ((a + b low)(a + b high))
    total += high === Infinity ? 1 / (slope * at(low)) : (high - low) / (at(low) * at(high));
  }
  return pi * qj * total;
}

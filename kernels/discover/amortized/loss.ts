import type { Node } from "./tape.ts";

/**
 * Mean log loss of the arrows over ordered pairs; adds `share` times its derivative to `logits.grad`. O(d²).
 */
export function arrowLoss(logits: Node, arrows: Uint8Array, d: number, share = 1): number {
  let loss = 0;
  const pairs = d * (d - 1);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      if (i === j) continue;
      const z = logits.data[i * d + j]!;
      const y = arrows[i * d + j]!;
      loss += (Math.max(z, 0) - y * z + Math.log1p(Math.exp(-Math.abs(z)))) / pairs;
      const p = 1 / (1 + Math.exp(-z));
      if (logits.grad !== undefined) logits.grad[i * d + j]! += (share * (p - y)) / pairs;
    }
  }
  return loss;
}

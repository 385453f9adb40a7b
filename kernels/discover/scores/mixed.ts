import type { DiscoveryData } from "../data.ts";
import { completeCorrelations, embed, logDeterminant } from "../tests/mixed.ts";
import type { LocalScore } from "./local-score.ts";

/**
 * Degenerate Gaussian score for numbers and levels together: BIC of the Gaussian over the columns and indicators,
 * -n/2 (ln det of node and parents - ln det of parents) - penalty/2 · (indicators of node × of parents) ln n, up to
 * a constant of the data. Andrews, Ramsey & Cooper 2019. `local` O(k³), `grow` O(d k³).
 */
export function mixedScore(data: DiscoveryData, penalty: number): LocalScore {
  const { block, columns } = embed(data);
  const { r, n } = completeCorrelations(columns);
  const m = columns.length;
  const cost = (penalty / 2) * Math.log(n);
  const local: LocalScore["local"] = (v, parents) => {
    const above = Array.from(parents).flatMap((p) => block[p]!);
    const base = logDeterminant(r, m, above);
    const whole = logDeterminant(r, m, [...above, ...block[v]!]);
    // a node that its parents determine has a bounded gain, as elsewhere
    const lost = block[v]!.length - (whole.rank - base.rank);
    const ratio = whole.value - base.value + lost * Math.log(1e-9);
    return (-n / 2) * ratio - cost * block[v]!.length * above.length;
  };
  return {
    name: `degenerate Gaussian BIC, penalty ${penalty}`,
    d: data.d,
    local,
    grow: (v, parents, _base, out) => {
      const list = Array.from(parents);
      for (let z = 0; z < data.d; z++) {
        out[z] = z === v || list.includes(z) ? -Infinity : local(v, [...list, z]);
      }
    },
  };
}

import type { MethodContext } from "../method.ts";
import type { Diagnostic } from "../result.ts";
import { normalityP } from "./entropy.ts";
import { hsicOf, sampleKernel } from "./hsic.ts";

/** Rows beyond which tests of order n² look at a sample. */
const TEST_ROWS = 400;

/** An option of the methods that thin regressions by BIC. */
export const penalty = {
  default: 2,
  type: "number",
  minimum: 0,
  maximum: 100,
  doc: "An arrow stays when it is worth this many times BIC's price for a coefficient.",
} as const;

/** Whether the noises look as the model needs them: not normal, and independent of one another. */
export function noiseDiagnostics(
  residuals: readonly Float64Array[],
  names: readonly string[],
  context: MethodContext,
  ask: { readonly independence: boolean } = { independence: true },
): Diagnostic[] {
  const normal = residuals.flatMap((residual, v) =>
    normalityP(residual) > 0.05 ? [names[v]!] : [],
  );
  const out: Diagnostic[] = [
    {
      kind: "fact",
      label: "Noises that look normal (Jarque-Bera, 5 %)",
      value: `${normal.length} of ${names.length}`,
    },
  ];
  if (normal.length > 1) {
    out.push({
      kind: "warning",
      code: "noise-normal",
      message: `The noises of ${listed(normal)} cannot be told from normal ones: the directions among these columns are arbitrary.`,
      hint: "With normal noise only the class of graphs can be found: use boss, pc or ges.",
    });
  }
  if (!ask.independence) return out;
  const [a, b, p] = mostDependent(residuals, context);
  if (p !== undefined && p < 0.01) {
    out.push({
      kind: "warning",
      code: "noise-dependent",
      message: `The noises of ${names[a]} and ${names[b]} depend on one another (HSIC, p = ${p < 1e-4 ? "less than 0.0001" : p.toFixed(4)} after Bonferroni).`,
      hint: "A common cause that was not measured, an effect that is not linear, or a wrong direction. Treat arrows there with care.",
    });
  }
  return out;
}

/** The pair of noises with the least p-value, times the number of pairs, on a sample of rows. Few columns only. */
function mostDependent(
  residuals: readonly Float64Array[],
  context: MethodContext,
): readonly [a: number, b: number, p: number | undefined] {
  const d = residuals.length;
  if (d < 2 || d > 12 || (residuals[0]?.length ?? 0) < 20) return [0, 0, undefined];
  const kernels = residuals.map((residual) => sampleKernel(sampled(residual, context, TEST_ROWS)));
  let found: readonly [number, number, number] = [0, 1, 1];
  const pairs = (d * (d - 1)) / 2;
  for (let a = 0; a < d; a++) {
    for (let b = a + 1; b < d; b++) {
      const p = Math.min(1, pairs * hsicOf(kernels[a]!, kernels[b]!));
      if (p < found[2]) found = [a, b, p];
    }
  }
  return found;
}

/** The same rows for every column of a run. */
export function sampled(column: Float64Array, context: MethodContext, most: number): Float64Array {
  const n = column.length;
  if (n <= most) return column;
  const rng = context.rng.fork("rows");
  const rows = Int32Array.from({ length: n }, (_, i) => i);
  for (let k = 0; k < most; k++) {
    const other = k + rng.int(n - k);
    const held = rows[k]!;
    rows[k] = rows[other]!;
    rows[other] = held;
  }
  return Float64Array.from(rows.subarray(0, most), (i) => column[i]!);
}

function listed(names: readonly string[]): string {
  if (names.length <= 1) return names.join("");
  const shown = names.length > 6 ? [...names.slice(0, 5), `${names.length - 5} more`] : names;
  return `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

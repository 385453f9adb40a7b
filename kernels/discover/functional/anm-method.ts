import { UserError } from "../../../app/errors.ts";
import { createGraph } from "../../graph/graph.ts";
import { valuesOf } from "../data.ts";
import type { Method } from "../method.ts";
import type { Diagnostic } from "../result.ts";
import { additiveNoise } from "./anm.ts";
import { sampled } from "./noise-check.ts";

export const anm: Method<{
  readonly alpha: number;
  readonly rows: number;
  readonly decide: string;
}> = {
  name: "anm",
  label: "Additive noise, two columns",
  family: "functional",
  summary:
    "Which of two columns is the cause: fits each as a smooth function of the other and asks which residual is independent. For curved relations, where correlations are silent about direction.",
  assumes: [
    "One column is a smooth function of the other plus independent noise.",
    "Nothing unmeasured causes both.",
    "The relation is not linear with normal noise, where both directions fit.",
  ],
  source: "Hoyer et al. 2009; HSIC of Gretton et al. 2007",
  takes: { columns: "numeric", knowledge: [], mostColumns: 2 },
  gives: "cpdag",
  stochastic: true,
  options: {
    alpha: {
      default: 0.05,
      type: "number",
      minimum: 0.0001,
      maximum: 0.5,
      doc: "A direction is ruled out when the independence of its residual is rejected at this level.",
    },
    rows: {
      default: 400,
      type: "integer",
      minimum: 30,
      maximum: 2000,
      doc: "Rows used, drawn by the seed when there are more (the fit costs rows³).",
    },
    decide: {
      default: "test",
      type: "choice",
      choices: ["test", "always"],
      doc: "`test` leaves the direction open unless exactly one fits; `always` takes the better one.",
    },
  },
  run: async (data, options, context) => {
    if (data.d !== 2) {
      throw new UserError({
        code: "anm-two-columns",
        message: `This method looks at two columns, not ${data.d}.`,
        value: data.d,
        expected: 'two columns, e.g. columns: ["x", "y"]',
      });
    }
    const [x, y] = [0, 1].map((v) => sampled(valuesOf(data, v), context, options.rows));
    const found = await additiveNoise(x!, y!, context.work);
    const [a, b] = data.names as [string, string];
    const { forward, backward, independent } = found;
    const fits = (p: number): boolean => p >= options.alpha;
    const dependent = independent < options.alpha;
    const decided =
      options.decide === "always" ? forward !== backward : fits(forward) !== fits(backward);
    const [from, to] = forward > backward ? [a, b] : [b, a];
    const edges = dependent
      ? [[decided ? from : a, decided ? to : b, decided ? "->" : "--"] as const]
      : [];
    const row = (label: string, p: number): readonly string[] => [label, shown(p)];
    return {
      kind: "cpdag",
      graph: createGraph({ type: "cpdag", nodes: data.names, edges }),
      diagnostics: [
        {
          kind: "table",
          title: "Independence (HSIC)",
          columns: ["of", "p"],
          rows: [
            row(`${a} and what it leaves of ${b}  (${a} → ${b})`, forward),
            row(`${b} and what it leaves of ${a}  (${b} → ${a})`, backward),
            row(`${a} and ${b}`, independent),
          ],
        },
        ...verdict(dependent, fits(forward), fits(backward), a, b),
      ],
    };
  },
};

function verdict(
  dependent: boolean,
  forward: boolean,
  backward: boolean,
  a: string,
  b: string,
): readonly Diagnostic[] {
  if (!dependent) {
    return [{ kind: "fact", label: "Verdict", value: `${a} and ${b} look independent` }];
  }
  if (forward === backward) {
    return [
      forward
        ? {
            kind: "warning",
            code: "anm-both-fit",
            message: `Both directions fit: these rows do not tell ${a} → ${b} from ${b} → ${a}.`,
            hint: "A nearly linear relation with normal noise looks like that, and so do few rows.",
          }
        : {
            kind: "warning",
            code: "anm-none-fits",
            message: `Neither direction fits: additive noise is not how ${a} and ${b} came about.`,
            hint: "A common cause, noise that is not added, or a measurement that was rounded.",
          },
    ];
  }
  return [];
}

const shown = (p: number): string => (p < 1e-4 ? "< 0.0001" : p.toFixed(4));

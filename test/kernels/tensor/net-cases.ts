// The losses of the larger nets at fixed small data and weights: as tensors with gradients in every weight, for the
// conformance suite, and once more in plain float64, written from the papers, for numeric gradients.
import type { Scalar, Tensor2D } from "@tensorflow/tfjs-core";
import {
  buildTrees,
  softLoss,
  SOFT_FOREST_DEFAULTS,
} from "../../../kernels/estimate/forest/soft-forest.ts";
import { buildCevae } from "../../../kernels/estimate/neural/cevae.ts";
import {
  buildOutcomeNet,
  buildTreatmentNet,
  DEEP_IV_DEFAULTS,
  drawnLoss,
  weighedLoss,
} from "../../../kernels/estimate/neural/deepiv.ts";
import { RIESZNET_DEFAULTS, riesznet } from "../../../kernels/estimate/neural/riesznet.ts";
import { buildVcnet, VCNET_DEFAULTS, vcnetLoss } from "../../../kernels/estimate/neural/vcnet.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import type { TensorEngine } from "../../../kernels/tensor/backend.ts";
import type { Parameters } from "../../../kernels/tensor/layers.ts";

export interface NetCase {
  readonly name: string;
  readonly build: (engine: TensorEngine, parameters: Parameters) => () => Scalar;
  /** The loss in float64 from the weights in the order they were made. */
  readonly reference: (weights: readonly (readonly number[])[]) => number;
}

const N = 5;
const D = 2;
const W = 3;
const rng = createRng(31);
const draw = (length: number, round = 64): number[] =>
  // Exact in float32, so that both sides start from the same numbers
  Array.from({ length }, () => Math.round(rng.normal() * round) / round);

const x = draw(N * D);
const y = draw(N);
const t = [1, 0, 0, 1, 0];
const labels = [0, 1, 1, 0, 1];
// One continuous and one two-valued column
const mixed = x.map((v, k) => (k % 2 === 1 ? Number(v > 0) : v));
const noise = draw(N * 2);
const doses = [0.125, 0.5, 0.75, 0.9375, 0.25];
const drawn = [draw(N * 3), draw(N * 3)] as const;
const probability = [0.25, 0.5, 0.875, 0.125, 0.625];
const mask = Array.from({ length: N * 2 }, (_, k) => (k % 3 === 0 ? 0 : 1));

type Row = readonly number[];
type Act = (v: number) => number;

const elu: Act = (v) => (v >= 0 ? v : Math.exp(v) - 1);
const same: Act = (v) => v;
const sigmoid: Act = (v) => 1 / (1 + Math.exp(-v));
const softplus: Act = (v) => Math.log(1 + Math.exp(v));
const sum = (v: Row): number => v.reduce((a, b) => a + b, 0);
const rowOf = (values: Row, i: number, d: number): number[] => values.slice(i * d, (i + 1) * d);
const rows = (f: (i: number) => number): number =>
  sum(Array.from({ length: N }, (_, i) => f(i))) / N;
const logNormal = (v: number, mean: number, scale: number): number =>
  -0.5 * ((v - mean) / scale) ** 2 - Math.log(scale) - 0.5 * Math.log(2 * Math.PI);
const logBernoulli = (label: number, logit: number): number =>
  Math.log(label === 1 ? sigmoid(logit) : sigmoid(-logit));

/** Layers taken one after another from a list of weights, w then b. */
function taking(weights: readonly Row[]): {
  layer: (act: Act) => (input: Row) => number[];
  stack: (layers: number) => (input: Row) => number[];
  vector: () => Row;
} {
  let next = 0;
  const vector = (): Row => weights[next++]!;
  const layer = (act: Act): ((input: Row) => number[]) => {
    const [w, b] = [vector(), vector()];
    return (input) =>
      b.map((bias, k) => act(bias + sum(input.map((v, j) => v * w[j * b.length + k]!))));
  };
  return {
    vector,
    layer,
    stack: (count) => {
      const layers = Array.from({ length: count }, () => layer(elu));
      return (input) => layers.reduce<number[]>((h, one) => one(h), [...input]);
    },
  };
}

const matrix = (engine: TensorEngine, values: Row, columns: number) =>
  engine.tf.tensor2d([...values], [values.length / columns, columns]);

function rieszCase(): NetCase {
  const options = {
    ...RIESZNET_DEFAULTS,
    width: W,
    headWidth: W,
    targeted: 0.5,
    rieszWeight: 0.25,
  };
  return {
    name: "RieszNet's loss",
    build: (engine, parameters) => {
      const net = riesznet(options)(engine, parameters, {
        inputs: D,
        outcomeKind: "continuous",
        treatedShare: 0.4,
      });
      return () =>
        net.loss({ x: matrix(engine, x, D), y: matrix(engine, y, 1), t: matrix(engine, t, 1) });
    },
    reference: (weights) => {
      const { stack, layer, vector } = taking(weights);
      const [phi, body0, body1] = [stack(3), stack(2), stack(2)];
      const [out0, out1, riesz] = [layer(same), layer(same), layer(same)];
      const [epsilon] = vector() as [number];
      return rows((i) => {
        const r = phi(rowOf(x, i, D));
        const q = (t[i] === 1 ? out1(body1(r)) : out0(body0(r)))[0]!;
        const [a0, a1] = riesz(r) as [number, number];
        const own = t[i] === 1 ? a1 : a0;
        return (
          (y[i]! - q) ** 2 +
          0.25 * (own ** 2 - 2 * (a1 - a0)) +
          0.5 * (y[i]! - q - epsilon * own) ** 2
        );
      });
    },
  };
}

function cevaeCase(outcomeKind: "continuous" | "binary"): NetCase {
  const outcomes = outcomeKind === "binary" ? labels : y;
  return {
    name: `CEVAE's bound, ${outcomeKind} outcome, mixed proxies`,
    build: (engine, parameters) => {
      const net = buildCevae(
        engine,
        parameters,
        { latent: 2, width: W },
        { d: D, binary: Uint8Array.of(0, 1), outcomeKind },
      );
      return () =>
        net.loss(
          {
            x: matrix(engine, mixed, D),
            y: matrix(engine, outcomes, 1),
            t: matrix(engine, t, 1),
          },
          matrix(engine, noise, 2),
        );
    },
    reference: (weights) => {
      const { stack, layer, vector } = taking(weights);
      const [encoder, posterior] = [stack(2), layer(same)];
      const [proxyBody, proxies] = [stack(2), layer(same)];
      const [causeBody, causes] = [stack(2), layer(same)];
      const [guessBody, guesses] = [stack(2), layer(same)];
      const [scaleY, auxiliaryY] = [vector(), vector()];
      const logOutcome = (i: number, arms: Row, scales: Row): number => {
        const at = arms[t[i]!]!;
        return outcomeKind === "binary"
          ? logBernoulli(outcomes[i]!, at)
          : logNormal(outcomes[i]!, at, softplus(scales[t[i]!]!) + 0.05);
      };
      return rows((i) => {
        const seen = rowOf(mixed, i, D);
        const head = posterior(encoder([...seen, t[i]!, outcomes[i]!])).slice(4 * t[i]!);
        const mean = head.slice(0, 2);
        const scale = head.slice(2, 4).map((v) => softplus(v) + 1e-3);
        const z = mean.map((m, k) => m + scale[k]! * noise[2 * i + k]!);
        const divergence = sum(
          mean.map((m, k) => 0.5 * (m ** 2 + scale[k]! ** 2 - 2 * Math.log(scale[k]!) - 1)),
        );
        const p = proxies(proxyBody(z));
        const [logit, ...arms] = causes(causeBody(z)) as [number, number, number];
        const likelihood =
          logNormal(seen[0]!, p[0]!, softplus(p[2]!) + 0.05) +
          logBernoulli(seen[1]!, p[1]!) +
          logBernoulli(t[i]!, logit) +
          logOutcome(i, arms, scaleY);
        const [guess, ...guessed] = guesses(guessBody(seen)) as [number, number, number];
        return (
          divergence - likelihood - logBernoulli(t[i]!, guess) - logOutcome(i, guessed, auxiliaryY)
        );
      });
    },
  };
}

/** Orthonormal on 201 points by the inverse of the Gram matrix's Cholesky factor: Gram-Schmidt by another road. */
function orthonormalBasis(): (u: number) => number[] {
  const powers = (u: number): number[] => [
    1,
    u,
    u * u,
    Math.max(0, u - 1 / 3) ** 2,
    Math.max(0, u - 2 / 3) ** 2,
  ];
  const points = Array.from({ length: 201 }, (_, k) => powers(k / 200));
  const l: number[][] = [];
  for (let i = 0; i < 5; i++) {
    l.push([]);
    for (let j = 0; j <= i; j++) {
      const gram = sum(points.map((p) => p[i]! * p[j]!)) / 201;
      const rest = gram - sum(Array.from({ length: j }, (_, k) => l[i]![k]! * l[j]![k]!));
      l[i]!.push(i === j ? Math.sqrt(rest) : rest / l[j]![j]!);
    }
  }
  return (u) => {
    const out: number[] = [];
    powers(u).forEach((v, i) => out.push((v - sum(out.map((o, k) => o * l[i]![k]!))) / l[i]![i]!));
    return out;
  };
}

function vcnetCase(): NetCase {
  const options = { ...VCNET_DEFAULTS, width: W, bins: 4, densityWeight: 0.5 };
  const basis = orthonormalBasis();
  return {
    name: "VCNet's loss",
    build: (engine, parameters) => {
      const net = buildVcnet(engine, parameters, options, D);
      return () =>
        vcnetLoss(
          engine,
          net,
          { x: matrix(engine, x, D), y: matrix(engine, y, 1), t: matrix(engine, doses, 1) },
          Float32Array.from(doses),
          options,
          "continuous",
        );
    },
    reference: (weights) => {
      const { stack, layer } = taking(weights);
      const phi = stack(2);
      const [hidden, last, density] = [layer(same), layer(same), layer(same)];
      return rows((i) => {
        const r = phi(rowOf(x, i, D));
        const b = basis(doses[i]!);
        const varied = (v: Row, width: number): number[] =>
          Array.from({ length: width }, (_, k) => sum(b.map((c, j) => c * v[j * width + k]!)));
        const q = varied(last(varied(hidden(r), W).map(elu)), 1)[0]!;
        const heights = density(r).map(Math.exp);
        const area = sum(heights.slice(1).map((h, k) => (h + heights[k]!) / 2 / 4));
        const node = Math.min(3, Math.floor(doses[i]! * 4));
        const share = doses[i]! * 4 - node;
        const at = ((1 - share) * heights[node]! + share * heights[node + 1]!) / area;
        return (y[i]! - q) ** 2 - 0.5 * Math.log(at + 1e-6);
      });
    },
  };
}

function mixtureCase(): NetCase {
  const options = { ...DEEP_IV_DEFAULTS, width: W, components: 3 };
  return {
    name: "DeepIV's density of the treatment",
    build: (engine, parameters) => {
      const net = buildTreatmentNet(engine, parameters, options, D, false);
      return () => net.loss(matrix(engine, x, D), matrix(engine, y, 1));
    },
    reference: (weights) => {
      const { stack, layer } = taking(weights);
      const [body, out] = [stack(2), layer(same)];
      return -rows((i) => {
        const o = out(body(rowOf(x, i, D)));
        const logits = o.slice(0, 3).map(Math.exp);
        const each = logits.map(
          (w, k) =>
            (w / sum(logits)) *
            Math.exp(logNormal(y[i]!, o[3 + k]! + k - 1, softplus(o[6 + k]!) + 0.01)),
        );
        return Math.log(sum(each));
      });
    },
  };
}

function structuralCase(kind: "drawn" | "weighed"): NetCase {
  const options = { ...DEEP_IV_DEFAULTS, width: W };
  return {
    name: `DeepIV's structural loss, ${kind} treatment`,
    build: (engine, parameters) => {
      const net = buildOutcomeNet(engine, parameters, options, D);
      const data = { n: N, x: Float32Array.from(x), y: Float32Array.from(y) };
      const h = (v: Tensor2D): Tensor2D => net.h(v);
      return () =>
        kind === "drawn"
          ? drawnLoss(
              engine,
              h,
              data,
              D,
              drawn.map((v) => Float32Array.from(v)),
            )
          : weighedLoss(engine, h, data, D, Float32Array.from(probability));
    },
    reference: (weights) => {
      const { stack, layer } = taking(weights);
      const [body, out, line] = [stack(2), layer(same), layer(same)];
      const h = (dose: number, i: number): number => {
        const input = [dose, ...rowOf(x, i, D)];
        return out(body(input))[0]! + line(input)[0]!;
      };
      return rows((i) => {
        if (kind === "weighed") {
          const p = probability[i]!;
          return (y[i]! - (1 - p) * h(0, i) - p * h(1, i)) ** 2;
        }
        const [a, b] = drawn.map(
          (v) => y[i]! - sum([0, 1, 2].map((k) => h(v[k * N + i]!, i))) / 3,
        ) as [number, number];
        return a * b;
      });
    },
  };
}

function softTreesCase(slope: boolean): NetCase {
  const options = { ...SOFT_FOREST_DEFAULTS, trees: 2, depth: 2 };
  const w = [0.5, -0.25, -0.5, 0.75, -0.375];
  return {
    name: `soft trees, ${slope ? "R-loss" : "squared error"}`,
    build: (engine, parameters) => {
      const net = buildTrees(engine, parameters, options, D);
      return () =>
        softLoss(engine, net, {
          x: matrix(engine, x, D),
          y: matrix(engine, y, 1),
          mask: matrix(engine, mask, 2),
          ...(slope ? { w: matrix(engine, w, 1) } : {}),
        });
    },
    reference: (weights) => {
      const { layer, vector } = taking(weights);
      const levels = [layer(sigmoid), layer(sigmoid)];
      const leaves = vector();
      // Right with the split's probability: the right child of node k of 2^level is k + 2^level
      const answer = (input: Row, tree: number, level: number, node: number): number => {
        if (level === 2) return leaves[node * 2 + tree]!;
        const right = levels[level]!(input)[node * 2 + tree]!;
        return (
          (1 - right) * answer(input, tree, level + 1, node) +
          right * answer(input, tree, level + 1, node + 2 ** level)
        );
      };
      return rows((i) =>
        sum(
          [0, 1].map((tree) => {
            const f = answer(rowOf(x, i, D), tree, 0, 0);
            return 2 * mask[2 * i + tree]! * (y[i]! - f * (slope ? w[i]! : 1)) ** 2;
          }),
        ),
      );
    },
  };
}

export const NET_CASES: readonly NetCase[] = [
  rieszCase(),
  cevaeCase("continuous"),
  cevaeCase("binary"),
  vcnetCase(),
  mixtureCase(),
  structuralCase("drawn"),
  structuralCase("weighed"),
  softTreesCase(false),
  softTreesCase(true),
];

/** Weights of a case, drawn once and for all: no bias stays at zero, no gradient hides behind another. */
export function weightsOf(parameters: Parameters): Float32Array[] {
  const own = createRng(77);
  return parameters.variables.map((v) =>
    Float32Array.from({ length: v.size }, () => Math.round(own.normal() * 32) / 64),
  );
}

import type { Rng } from "../../math/rng.ts";
import type { Evidence } from "./evidence.ts";
import { PAIR_FEATURES, TOKEN_FEATURES } from "./evidence.ts";
import type { Layout, Node, Tape } from "./tape.ts";

/** Sizes of the network. Widths are multiples of 12: the tile of the product used in training. */
const WIDTH = 24;
const HEADS = 2;
/** Points through which samples look at one another (induced attention, Lee et al. 2019): linear in the samples. */
const POINTS = 8;
const SAMPLE_BLOCKS = 2;
const MOMENTS = 24;
const PAIR_WIDTH = 48;
const PAIR_HEADS = 4;
const PAIR_BLOCKS = 4;

interface Shape {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  /** Standard deviation of the first values, or the value itself where it is the same everywhere. */
  readonly start: { readonly spread: number } | { readonly value: number };
}

/** Every array of numbers that is learned, in the order in which the weights file holds them. */
export const shapes: readonly Shape[] = listShapes();

export const parameterCount = shapes.reduce((sum, s) => sum + s.rows * s.columns, 0);

function listShapes(): Shape[] {
  const list: Shape[] = [];
  const linear = (name: string, rows: number, columns: number, gain = 1): void => {
    list.push({ name: `${name}.w`, rows, columns, start: { spread: gain / Math.sqrt(rows) } });
    list.push({ name: `${name}.b`, rows: 1, columns, start: { value: 0 } });
  };
  const norm = (name: string, columns: number): void => {
    list.push({ name: `${name}.gain`, rows: 1, columns, start: { value: 1 } });
    list.push({ name: `${name}.shift`, rows: 1, columns, start: { value: 0 } });
  };
  const attention = (name: string, width: number): void => {
    norm(`${name}.norm`, width);
    for (const part of ["q", "k", "v"]) linear(`${name}.${part}`, width, width);
    linear(`${name}.out`, width, width, 0.3);
  };
  const forward = (name: string, width: number): void => {
    norm(`${name}.norm`, width);
    linear(`${name}.up`, width, 2 * width, 1.4);
    linear(`${name}.down`, 2 * width, width, 0.3);
  };
  linear("token", TOKEN_FEATURES, WIDTH);
  for (let block = 0; block < SAMPLE_BLOCKS; block++) {
    const points = `block${block}.points`;
    list.push({ name: points, rows: POINTS, columns: WIDTH, start: { spread: 1 } });
    linear(`${points}.k`, WIDTH, WIDTH);
    linear(`${points}.v`, WIDTH, WIDTH);
    attention(`block${block}.samples`, WIDTH);
    attention(`block${block}.variables`, WIDTH);
    forward(`block${block}.forward`, WIDTH);
  }
  norm("last", WIDTH);
  linear("moment.u", WIDTH, MOMENTS);
  linear("moment.v", WIDTH, MOMENTS);
  linear("pair.evidence", PAIR_FEATURES, PAIR_WIDTH);
  linear("pair.moments", MOMENTS, PAIR_WIDTH);
  linear("pair.from", 2 * WIDTH, PAIR_WIDTH, 0.5);
  linear("pair.to", 2 * WIDTH, PAIR_WIDTH, 0.5);
  for (let block = 0; block < PAIR_BLOCKS; block++) {
    attention(`pair${block}.row`, PAIR_WIDTH);
    attention(`pair${block}.column`, PAIR_WIDTH);
    norm(`pair${block}.swap.norm`, PAIR_WIDTH);
    linear(`pair${block}.swap`, PAIR_WIDTH, PAIR_WIDTH, 0.3);
    forward(`pair${block}.forward`, PAIR_WIDTH);
  }
  norm("head.norm", PAIR_WIDTH);
  linear("head.pair", PAIR_WIDTH, 1, 0.3);
  linear("head.from", 2 * WIDTH, WIDTH, 0.5);
  linear("head.to", 2 * WIDTH, WIDTH, 0.5);
  return list;
}

/** First values of the parameters for training. */
export function startingParameters(rng: Rng): Float32Array {
  const values = new Float32Array(parameterCount);
  let at = 0;
  for (const { rows, columns, start } of shapes) {
    for (let i = 0; i < rows * columns; i++) {
      values[at++] = "value" in start ? start.value : start.spread * rng.normal();
    }
  }
  return values;
}

/** The parameters by name, as views on one array (and one for gradients while training). */
export function namedParameters(
  values: Float32Array,
  gradients?: Float32Array,
): ReadonlyMap<string, Node> {
  if (values.length !== parameterCount) {
    throw new Error(`${values.length} weights do not fit a network of ${parameterCount}.`);
  }
  let at = 0;
  return new Map(
    shapes.map(({ name, rows, columns }) => {
      const end = at + rows * columns;
      const node = {
        rows,
        columns,
        data: values.subarray(at, end),
        grad: gradients?.subarray(at, end),
      };
      at = end;
      return [name, node];
    }),
  );
}

/**
 * Log odds of an arrow i -> j for every ordered pair, `[d * d, 1]` (the diagonal means nothing).
 *
 * Attention alternates over samples (within a variable, through a few points) and over variables (within a sample), as
 * in AVICI (Lorch et al. 2022). What the samples tell is pooled in two ways: by their largest value, variable by
 * variable, and by products of what two variables say, pair by pair, as in networks that read contacts off aligned
 * sequences (Jumper et al. 2021). Tokens of pairs then attend to those that share a variable. The head is bilinear in
 * the variables plus linear in the pair. Nothing depends on the order of rows; columns permute with the answer.
 */
export function edgeLogits(
  tape: Tape,
  parameters: ReadonlyMap<string, Node>,
  { n, d, tokens, pairs }: Evidence,
): Node {
  const get = (name: string): Node => {
    const found = parameters.get(name);
    if (found === undefined) throw new Error(`No parameter ${name}.`);
    return found;
  };
  const linear = (x: Node, name: string): Node =>
    tape.linear(x, get(`${name}.w`), get(`${name}.b`));
  const norm = (x: Node, name: string): Node =>
    tape.layerNorm(x, get(`${name}.gain`), get(`${name}.shift`));
  const forward = (x: Node, name: string): Node =>
    tape.add(x, linear(tape.relu(linear(norm(x, `${name}.norm`), `${name}.up`)), `${name}.down`));
  const attend = (x: Node, name: string, groups: number, heads: number, layout: Layout): Node => {
    const a = norm(x, `${name}.norm`);
    const [q, k, v] = [linear(a, `${name}.q`), linear(a, `${name}.k`), linear(a, `${name}.v`)];
    const y = tape.attention(q, k, v, groups, heads, layout, layout, { ...layout, rows: x.rows });
    return tape.add(x, linear(y, `${name}.out`));
  };
  const attendSamples = (x: Node, block: string): Node => {
    const a = norm(x, `${block}.samples.norm`);
    const all: Layout = { group: 1, step: d, length: n };
    const own: Layout = { group: POINTS, step: 1, length: POINTS };
    const seen = tape.attention(
      get(`${block}.points`),
      linear(a, `${block}.points.k`),
      linear(a, `${block}.points.v`),
      d,
      HEADS,
      { ...own, group: 0 },
      all,
      { ...own, rows: d * POINTS },
    );
    const [k, v] = [linear(seen, `${block}.samples.k`), linear(seen, `${block}.samples.v`)];
    const q = linear(a, `${block}.samples.q`);
    const y = tape.attention(q, k, v, d, HEADS, all, own, { ...all, rows: n * d });
    return tape.add(x, linear(y, `${block}.samples.out`));
  };

  let x = linear(tape.node(n * d, TOKEN_FEATURES, tokens), "token");
  for (let block = 0; block < SAMPLE_BLOCKS; block++) {
    x = attendSamples(x, `block${block}`);
    x = attend(x, `block${block}.variables`, n, HEADS, { group: d, step: 1, length: d });
    x = forward(x, `block${block}.forward`);
  }
  x = norm(x, "last");
  const pooled = tape.pool(x, n, d);
  const moments = tape.pairMoments(linear(x, "moment.u"), linear(x, "moment.v"), n, d);
  let p = tape.add(
    tape.add(
      linear(tape.node(d * d, PAIR_FEATURES, pairs), "pair.evidence"),
      linear(moments, "pair.moments"),
    ),
    tape.pairSum(linear(pooled, "pair.from"), linear(pooled, "pair.to")),
  );
  for (let block = 0; block < PAIR_BLOCKS; block++) {
    const name = `pair${block}`;
    p = attend(p, `${name}.row`, d, PAIR_HEADS, { group: d, step: 1, length: d });
    p = attend(p, `${name}.column`, d, PAIR_HEADS, { group: 1, step: d, length: d });
    p = tape.add(p, linear(tape.swapPairs(norm(p, `${name}.swap.norm`), d), `${name}.swap`));
    p = forward(p, `${name}.forward`);
  }
  return tape.add(
    linear(norm(p, "head.norm"), "head.pair"),
    tape.bilinear(linear(pooled, "head.from"), linear(pooled, "head.to")),
  );
}

import type { Engine } from "./engine.ts";

/** A matrix `[rows, columns]`, row-major; `grad` only while training. */
export interface Node {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
  readonly grad: Float32Array | undefined;
}

/** Where the rows of a group lie: row l of group g is `g * group + l * step`. */
export interface Layout {
  readonly group: number;
  readonly step: number;
  readonly length: number;
}

/**
 * The operations of the network, forward at once and, when `train`, noted down to be undone backward: reverse-mode
 * differentiation by hand. Every operation adds to the gradients of what it read, so a value may be read many times.
 * Gradients are checked against finite differences in the tests.
 */
export class Tape {
  readonly engine: Engine;
  readonly train: boolean;
  private readonly undo: (() => void)[] = [];

  constructor(engine: Engine, train: boolean) {
    this.engine = engine;
    this.train = train;
  }

  node(rows: number, columns: number, data = this.engine.take(rows * columns)): Node {
    const grad = this.train ? this.engine.take(rows * columns) : undefined;
    return { rows, columns, data, grad };
  }

  /** Runs the notes backward: afterwards every `grad` holds the derivative of what was seeded. */
  backward(): void {
    for (let i = this.undo.length - 1; i >= 0; i--) this.undo[i]!();
    this.undo.length = 0;
  }

  private note(undo: () => void): void {
    if (this.train) this.undo.push(undo);
  }

  /** x w + b: `[n, k], [k, m], [1, m] -> [n, m]`. */
  linear(x: Node, w: Node, b: Node): Node {
    const { engine } = this;
    const [n, k, m] = [x.rows, x.columns, w.columns];
    const y = this.node(n, m);
    engine.product(x.data, k, 1, w.data, b.data, y.data, n, k, m);
    this.note(() => {
      const dy = y.grad!;
      const turned = engine.take(m * k);
      for (let i = 0; i < k; i++)
        for (let j = 0; j < m; j++) turned[j * k + i] = w.data[i * m + j]!;
      const dx = engine.take(n * k);
      engine.product(dy, m, 1, turned, undefined, dx, n, m, k);
      add(x.grad!, dx);
      const dw = engine.take(k * m);
      engine.product(x.data, 1, k, dy, undefined, dw, k, n, m);
      add(w.grad!, dw);
      const db = b.grad!;
      for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) db[j]! += dy[i * m + j]!;
    });
    return y;
  }

  add(x: Node, z: Node): Node {
    const y = this.node(x.rows, x.columns);
    for (let i = 0; i < y.data.length; i++) y.data[i] = x.data[i]! + z.data[i]!;
    this.note(() => {
      add(x.grad!, y.grad!);
      add(z.grad!, y.grad!);
    });
    return y;
  }

  relu(x: Node): Node {
    const y = this.node(x.rows, x.columns);
    for (let i = 0; i < y.data.length; i++) y.data[i] = Math.max(0, x.data[i]!);
    this.note(() => {
      const dx = x.grad!;
      const dy = y.grad!;
      for (let i = 0; i < dx.length; i++) if (y.data[i]! > 0) dx[i]! += dy[i]!;
    });
    return y;
  }

  /** Rows to mean 0 and variance 1, then scaled and shifted by column. Ba, Kiros & Hinton 2016. */
  layerNorm(x: Node, gain: Node, shift: Node): Node {
    const [n, m] = [x.rows, x.columns];
    const y = this.node(n, m);
    const z = this.engine.take(n * m);
    const inverse = this.engine.take(n);
    for (let i = 0; i < n; i++) {
      const start = i * m;
      let mean = 0;
      for (let j = 0; j < m; j++) mean += x.data[start + j]!;
      mean /= m;
      let square = 0;
      for (let j = 0; j < m; j++) square += (x.data[start + j]! - mean) ** 2;
      const scale = 1 / Math.sqrt(square / m + 1e-5);
      inverse[i] = scale;
      for (let j = 0; j < m; j++) {
        const value = (x.data[start + j]! - mean) * scale;
        z[start + j] = value;
        y.data[start + j] = value * gain.data[j]! + shift.data[j]!;
      }
    }
    this.note(() => {
      const dy = y.grad!;
      const dx = x.grad!;
      const dg = gain.grad!;
      const ds = shift.grad!;
      for (let i = 0; i < n; i++) {
        const start = i * m;
        let sum = 0;
        let along = 0;
        for (let j = 0; j < m; j++) {
          const d = dy[start + j]!;
          const value = z[start + j]!;
          dg[j]! += d * value;
          ds[j]! += d;
          sum += d * gain.data[j]!;
          along += d * gain.data[j]! * value;
        }
        const scale = inverse[i]!;
        for (let j = 0; j < m; j++) {
          const value = z[start + j]!;
          dx[start + j]! += scale * (dy[start + j]! * gain.data[j]! - (sum + value * along) / m);
        }
      }
    });
    return y;
  }

  /**
   * Softmax attention within groups, by heads that share the columns among them: each row of `q` is answered by a
   * mean of the rows of `v` of its group, weighted by exp(q·k / sqrt(width)). Vaswani et al. 2017.
   */
  attention(
    q: Node,
    k: Node,
    v: Node,
    groups: number,
    heads: number,
    from: Layout,
    to: Layout,
    out: Layout & { readonly rows: number },
  ): Node {
    const { engine } = this;
    const width = q.columns / heads;
    const [Lq, Lk] = [from.length, to.length];
    const scale = 1 / Math.sqrt(width);
    const y = this.node(out.rows, q.columns);
    const weights = engine.take(groups * heads * Lq * Lk);
    const turned = engine.take(width * Lk);
    const keys = engine.take(Lk * width);
    const answers = engine.take(Lq * width);
    const part = (at: number): Float32Array => weights.subarray(at * Lq * Lk, (at + 1) * Lq * Lk);
    const queries = (x: Float32Array, g: number, h: number): Float32Array =>
      x.subarray(g * from.group * q.columns + h * width);
    for (let g = 0, at = 0; g < groups; g++) {
      for (let h = 0; h < heads; h++, at++) {
        const p = part(at);
        gather(k.data, q.columns, to, g, h, width, turned, true);
        engine.product(
          queries(q.data, g, h),
          from.step * q.columns,
          1,
          turned,
          undefined,
          p,
          Lq,
          width,
          Lk,
        );
        softmaxRows(p, Lq, Lk, scale);
        gather(v.data, q.columns, to, g, h, width, keys, false);
        engine.product(p, Lk, 1, keys, undefined, answers, Lq, Lk, width);
        spread(answers, q.columns, { ...out, length: Lq }, g, h, width, y.data);
      }
    }
    this.note(() => {
      const slopes = engine.take(Lq * Lk);
      const dKeys = engine.take(Lk * width);
      const dAnswers = engine.take(Lq * width);
      const asked = engine.take(Lq * width);
      const outLayout = { ...out, length: Lq };
      for (let g = 0, at = 0; g < groups; g++) {
        for (let h = 0; h < heads; h++, at++) {
          const p = part(at);
          gather(y.grad!, q.columns, outLayout, g, h, width, dAnswers, false);
          engine.product(p, 1, Lk, dAnswers, undefined, dKeys, Lk, Lq, width);
          spread(dKeys, q.columns, to, g, h, width, v.grad!);
          gather(v.data, q.columns, to, g, h, width, turned, true);
          engine.product(dAnswers, width, 1, turned, undefined, slopes, Lq, width, Lk);
          softmaxSlopes(p, slopes, Lq, Lk, scale);
          gather(k.data, q.columns, to, g, h, width, keys, false);
          engine.product(slopes, Lk, 1, keys, undefined, asked, Lq, Lk, width);
          spread(asked, q.columns, from, g, h, width, q.grad!);
          gather(q.data, q.columns, from, g, h, width, asked, false);
          engine.product(slopes, 1, Lk, asked, undefined, dKeys, Lk, Lq, width);
          spread(dKeys, q.columns, to, g, h, width, k.grad!);
        }
      }
    });
    return y;
  }

  /** Largest and mean value over samples: `[n * d, m] -> [d, 2 m]`. */
  pool(x: Node, n: number, d: number): Node {
    const m = x.columns;
    const y = this.node(d, 2 * m);
    const where = new Int32Array(d * m);
    for (let i = 0; i < d; i++) {
      for (let c = 0; c < m; c++) {
        let best = -Infinity;
        let sum = 0;
        for (let s = 0; s < n; s++) {
          const value = x.data[(s * d + i) * m + c]!;
          sum += value;
          if (value > best) {
            best = value;
            where[i * m + c] = s;
          }
        }
        y.data[i * 2 * m + c] = best;
        y.data[i * 2 * m + m + c] = sum / n;
      }
    }
    this.note(() => {
      const dx = x.grad!;
      const dy = y.grad!;
      for (let i = 0; i < d; i++) {
        for (let c = 0; c < m; c++) {
          dx[(where[i * m + c]! * d + i) * m + c]! += dy[i * 2 * m + c]!;
          const share = dy[i * 2 * m + m + c]! / n;
          for (let s = 0; s < n; s++) dx[(s * d + i) * m + c]! += share;
        }
      }
    });
    return y;
  }

  /** Mean over samples of products, for every ordered pair: `[n * d, m] twice -> [d * d, m]`. */
  pairMoments(u: Node, v: Node, n: number, d: number): Node {
    const m = u.columns;
    const y = this.node(d * d, m);
    const each = (visit: (a: number, b: number, c: number) => void): void => {
      for (let s = 0; s < n; s++)
        for (let i = 0; i < d; i++)
          for (let j = 0; j < d; j++) visit((s * d + i) * m, (s * d + j) * m, (i * d + j) * m);
    };
    const [U, V, Y] = [u.data, v.data, y.data];
    each((a, b, at) => {
      for (let c = 0; c < m; c++) Y[at + c]! += U[a + c]! * V[b + c]!;
    });
    for (let i = 0; i < Y.length; i++) Y[i]! /= n;
    this.note(() => {
      const [dU, dV, dY] = [u.grad!, v.grad!, y.grad!];
      each((a, b, at) => {
        for (let c = 0; c < m; c++) {
          const d = dY[at + c]! / n;
          dU[a + c]! += d * V[b + c]!;
          dV[b + c]! += d * U[a + c]!;
        }
      });
    });
    return y;
  }

  /** y[i, j] = a[i] + b[j]: `[d, m] twice -> [d * d, m]`. */
  pairSum(a: Node, b: Node): Node {
    const [d, m] = [a.rows, a.columns];
    const y = this.node(d * d, m);
    for (let i = 0; i < d; i++)
      for (let j = 0; j < d; j++)
        for (let c = 0; c < m; c++)
          y.data[(i * d + j) * m + c] = a.data[i * m + c]! + b.data[j * m + c]!;
    this.note(() => {
      const dy = y.grad!;
      for (let i = 0; i < d; i++)
        for (let j = 0; j < d; j++)
          for (let c = 0; c < m; c++) {
            a.grad![i * m + c]! += dy[(i * d + j) * m + c]!;
            b.grad![j * m + c]! += dy[(i * d + j) * m + c]!;
          }
    });
    return y;
  }

  /** The pair (i, j) in the place of (j, i): `[d * d, m] -> [d * d, m]`. */
  swapPairs(x: Node, d: number): Node {
    const m = x.columns;
    const y = this.node(d * d, m);
    const copy = (from: Float32Array, to: Float32Array): void => {
      for (let i = 0; i < d; i++)
        for (let j = 0; j < d; j++)
          for (let c = 0; c < m; c++) to[(j * d + i) * m + c]! += from[(i * d + j) * m + c]!;
    };
    copy(x.data, y.data);
    this.note(() => copy(y.grad!, x.grad!));
    return y;
  }

  /** The bilinear head: y[i, j] = u[i] · v[j] / sqrt(m): `[d, m] twice -> [d * d, 1]`. */
  bilinear(u: Node, v: Node): Node {
    const [d, m] = [u.rows, u.columns];
    const y = this.node(d * d, 1);
    const scale = 1 / Math.sqrt(m);
    for (let i = 0; i < d; i++)
      for (let j = 0; j < d; j++) {
        let dot = 0;
        for (let c = 0; c < m; c++) dot += u.data[i * m + c]! * v.data[j * m + c]!;
        y.data[i * d + j] = dot * scale;
      }
    this.note(() => {
      for (let i = 0; i < d; i++)
        for (let j = 0; j < d; j++) {
          const slope = y.grad![i * d + j]! * scale;
          for (let c = 0; c < m; c++) {
            u.grad![i * m + c]! += slope * v.data[j * m + c]!;
            v.grad![j * m + c]! += slope * u.data[i * m + c]!;
          }
        }
    });
    return y;
  }
}

function add(to: Float32Array, from: Float32Array): void {
  for (let i = 0; i < to.length; i++) to[i]! += from[i]!;
}

/** One head's columns of the rows of a group, without gaps: `[length, width]`, or turned to `[width, length]`. */
function gather(
  x: Float32Array,
  columns: number,
  layout: Layout,
  g: number,
  h: number,
  width: number,
  to: Float32Array,
  turn: boolean,
): void {
  for (let l = 0; l < layout.length; l++) {
    const start = (g * layout.group + l * layout.step) * columns + h * width;
    if (turn) for (let c = 0; c < width; c++) to[c * layout.length + l] = x[start + c]!;
    else for (let c = 0; c < width; c++) to[l * width + c] = x[start + c]!;
  }
}

/** The way back of `gather`, added to what is there. */
function spread(
  from: Float32Array,
  columns: number,
  layout: Layout,
  g: number,
  h: number,
  width: number,
  x: Float32Array,
): void {
  for (let l = 0; l < layout.length; l++) {
    const start = (g * layout.group + l * layout.step) * columns + h * width;
    for (let c = 0; c < width; c++) x[start + c]! += from[l * width + c]!;
  }
}

function softmaxRows(p: Float32Array, rows: number, columns: number, scale: number): void {
  for (let l = 0; l < rows; l++) {
    const start = l * columns;
    let most = -Infinity;
    for (let j = 0; j < columns; j++) most = Math.max(most, p[start + j]!);
    let total = 0;
    for (let j = 0; j < columns; j++) {
      const e = Math.exp(scale * (p[start + j]! - most));
      p[start + j] = e;
      total += e;
    }
    for (let j = 0; j < columns; j++) p[start + j]! /= total;
  }
}

/** From derivatives by the weights to those by the products of queries and keys, in place. */
function softmaxSlopes(
  p: Float32Array,
  slopes: Float32Array,
  rows: number,
  columns: number,
  scale: number,
): void {
  for (let l = 0; l < rows; l++) {
    const start = l * columns;
    let mean = 0;
    for (let j = 0; j < columns; j++) mean += p[start + j]! * slopes[start + j]!;
    for (let j = 0; j < columns; j++) {
      slopes[start + j] = scale * p[start + j]! * (slopes[start + j]! - mean);
    }
  }
}

import type { Rng } from "../../math/rng.ts";
import type { Fitted, Learner, Sample } from "./learner.ts";
import { addTree, binColumns, growTree, type Tree } from "./tree.ts";

const TREES = 200;

/**
 * Random forest (Breiman 2001): 200 trees on random halves of the rows, a third of the columns (at least two) tried at
 * each split, leaves of five or more; probabilities for a 0/1 target are averages of its leaves. O(n · d · trees).
 */
export const forestLearner: Learner = {
  name: "forest",
  fit(sample: Sample, _binary: boolean, rng: Rng): Fitted {
    const { x, n, d, y } = sample;
    const data = binColumns(x, n, d);
    const weights = sample.weights;
    const gradient = weights === undefined ? y : y.map((v, i) => v * weights[i]!);
    const options = {
      maxLeaves: Math.max(2, Math.min(1024, Math.floor(n / 10))),
      minLeaf: 5,
      ridge: 1e-9,
      tried: Math.max(2, Math.ceil(d / 3)),
    };
    const importance = new Float64Array(d);
    const trees: Tree[] = [];
    for (let k = 0; k < TREES; k++) {
      const draw = rng.fork(k);
      const rows = Int32Array.from({ length: n }, (_, i) => i).filter(() => draw.next() < 0.5);
      if (rows.length > 0)
        trees.push(growTree(data, rows, gradient, weights, options, draw, importance));
    }
    const total = importance.reduce((a, b) => a + b, 0);
    return {
      predict: (rows, m) => {
        const out = new Float64Array(m);
        for (const tree of trees) addTree(tree, rows, m, d, 1 / trees.length, out);
        return out;
      },
      importance: importance.map((v) => (total > 0 ? v / total : 0)),
    };
  },
};

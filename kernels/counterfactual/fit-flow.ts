import type { Scalar } from "@tensorflow/tfjs-core";
import type { Work } from "../../app/work.ts";
import { quietWork } from "../../app/work.ts";
import type { Table } from "../data/table.ts";
import { latentProjection, parents as parentsOf, topologicalNames } from "../graph/index.ts";
import type { Graph } from "../graph/index.ts";
import type { Rng } from "../math/rng.ts";
import { openTensorEngine } from "../tensor/backend.ts";
import type { BackendName, TensorEngine } from "../tensor/backend.ts";
import { createParameters, denseLayer, denseStack } from "../tensor/layers.ts";
import type { DenseLayer } from "../tensor/layers.ts";
import { train } from "../tensor/train.ts";
import type { TrainResult } from "../tensor/train.ts";
import { choiceFor } from "./fit-choice.ts";
import { buildModel } from "./build-model.ts";
import type { VariableSpec } from "./build-model.ts";
import { SCALE_RANGE, mixtureFlow } from "./flow.ts";
import type { FlowLayer } from "./flow.ts";
import { readData } from "./fit-data.ts";
import type { FitColumn } from "./fit-data.ts";
import { fitModel } from "./fit-model.ts";
import type { FitModelOptions } from "./fit-model.ts";
import type { FlowMechanism, StructuralModel } from "./model.ts";

export interface FitFlowOptions extends FitModelOptions {
  /** Normals in each conditional distribution; 4 unless said. */
  readonly components?: number;
  /** Width of the two hidden layers; 24 unless said. */
  readonly width?: number;
  /** Most passes over the data; 150 unless said. */
  readonly epochs?: number;
  /** Tensor backend; the fastest present unless said. */
  readonly backend?: BackendName;
  /** Hears how each flow was trained. */
  readonly onTrained?: (name: string, result: TrainResult) => void;
}

/**
 * A structural model whose continuous mechanisms are learned flows: each variable is an increasing function of one
 * normal noise given its parents, trained by maximum likelihood along the graph (autoregressive, one small network per
 * variable). Discrete variables are fitted as in `fitModel`, and so are continuous ones for which `mechanisms`, if
 * given, names no flow; the graph may have no unmeasured common causes of continuous variables.
 *
 * Counterfactuals then rest on every mechanism being increasing in one noise. 15 % of the rows are held out to stop
 * training. Throws `UserError` as `fitModel` and `train` do. O(epochs · rows · width²) per continuous variable.
 */
export async function fitFlowModel(
  graph: Graph,
  table: Table,
  rng: Rng,
  options: FitFlowOptions = {},
  work: Work = quietWork,
): Promise<StructuralModel> {
  const base = fitModel(graph, table, options);
  const measured = latentProjection(graph);
  const names = topologicalNames(measured);
  const data = readData(table, names, options);
  const specs: VariableSpec[] = [];
  const learned = (name: string): boolean => {
    const own = data.byName.get(name)!;
    if (own.kind !== "real") return false;
    return options.mechanisms === undefined || choiceFor(own, options.mechanisms)?.kind === "flow";
  };
  const flows = names.filter(learned);
  for (const variable of base.variables) {
    const { name, mechanism, domain } = variable;
    work.signal.throwIfAborted();
    const own = data.byName.get(name)!;
    if (!learned(name)) {
      specs.push({
        name,
        mechanism: { kind: "ready", parents: variable.parents, mechanism, domain },
      });
      continue;
    }
    const parents = parentsOf(measured, name);
    const columns = parents.map((parent) => data.byName.get(parent)!);
    const at = flows.indexOf(name);
    const span = [at / flows.length, (at + 1) / flows.length] as const;
    const choice = choiceFor(own, options.mechanisms);
    const wanted = choice?.kind === "flow" ? { ...options, ...choice } : options;
    const engine = await openTensorEngine(options.backend);
    const flow = await fitFlow(engine, own, columns, rng.fork(name), wanted, work, span);
    specs.push({ name, mechanism: { kind: "ready", parents, mechanism: flow, domain } });
  }
  return buildModel({ variables: specs, components: base.components, origin: base.origin });
}

/** How parents' numbers become a network's input: standardised, or one column per level but the first. */
interface Encoder {
  readonly width: number;
  readonly fromRow: (row: number, out: Float64Array) => void;
  readonly encode: (parents: ArrayLike<number>) => Float64Array;
}

function encoderOf(columns: readonly FitColumn[]): Encoder {
  const parts = columns.map((column) => {
    if (column.kind === "levels") {
      const { levels } = column;
      const numbers = levels.map(Number);
      const numeric = numbers.every(Number.isFinite);
      const level = (value: number): number => (numeric ? numbers.indexOf(value) : value);
      return {
        width: levels.length - 1,
        fill: (at: number, out: Float64Array, from: number) => {
          if (at > 0) out[from + at - 1] = 1;
        },
        stored: (row: number) => column.values[row]!,
        given: level,
      };
    }
    const { center, scale } = standardisation(column.values);
    return {
      width: 1,
      fill: (value: number, out: Float64Array, from: number) => {
        out[from] = (value - center) / scale;
      },
      stored: (row: number) => column.values[row]!,
      given: (value: number) => value,
    };
  });
  const width = 1 + parts.reduce((sum, part) => sum + part.width, 0);
  const fill = (
    out: Float64Array,
    value: (part: (typeof parts)[number], i: number) => number,
  ): void => {
    out.fill(0);
    out[0] = 1; // so that a root has an input too
    let from = 1;
    parts.forEach((part, i) => {
      part.fill(value(part, i), out, from);
      from += part.width;
    });
  };
  return {
    width,
    fromRow: (row, out) => fill(out, (part) => part.stored(row)),
    encode: (parents) => {
      const out = new Float64Array(width);
      fill(out, (part, i) => part.given(parents[i]!));
      return out;
    },
  };
}

function standardisation(values: Float64Array): {
  readonly center: number;
  readonly scale: number;
} {
  const center = values.reduce((a, b) => a + b, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return { center, scale: Math.sqrt(squares / values.length) || 1 };
}

async function fitFlow(
  engine: TensorEngine,
  own: FitColumn,
  columns: readonly FitColumn[],
  rng: Rng,
  options: FitFlowOptions,
  work: Work,
  span: readonly [number, number],
): Promise<FlowMechanism> {
  const { tf } = engine;
  const n = own.values.length;
  const encoder = encoderOf(columns);
  const { center, scale } = standardisation(own.values);
  const order = permutation(n, rng.fork("split"));
  const held = Math.floor(0.15 * n);
  const batchOf = (rows: ArrayLike<number>): { x: Float32Array; y: Float32Array } => {
    const x = new Float32Array(rows.length * encoder.width);
    const y = new Float32Array(rows.length);
    const buffer = new Float64Array(encoder.width);
    for (let i = 0; i < rows.length; i++) {
      encoder.fromRow(rows[i]!, buffer);
      x.set(buffer, i * encoder.width);
      y[i] = (own.values[rows[i]!]! - center) / scale;
    }
    return { x, y };
  };
  const k = options.components ?? 4;
  const width = options.width ?? 24;
  const parameters = createParameters(engine, rng.fork("weights"));
  try {
    const stack = denseStack(engine, parameters, [encoder.width, width, width], "tanh");
    const logits = denseLayer(engine, parameters, width, k, "linear");
    const means = denseLayer(engine, parameters, width, k, "linear");
    const logScales = denseLayer(engine, parameters, width, k, "linear");
    /** Mean negative log density of rows under the mixture. */
    const loss = (rows: ArrayLike<number>): Scalar => {
      const { x, y } = batchOf(rows);
      const h = stack.apply(tf.tensor2d(x, [rows.length, encoder.width]));
      const s = tf.clipByValue(logScales.apply(h), ...SCALE_RANGE);
      const target = tf.tensor2d(y, [rows.length, 1]);
      const u = tf.mul(tf.sub(target, means.apply(h)), tf.exp(tf.neg(s)));
      const logs = tf.sub(tf.sub(tf.logSoftmax(logits.apply(h)), s), tf.mul(tf.square(u), 0.5));
      return tf.neg(tf.mean(tf.logSumExp(logs, 1))) as Scalar;
    };
    const training = order.subarray(held);
    const validation = order.subarray(0, held);
    const result = await train(
      engine,
      {
        parameters,
        rows: training.length,
        loss: (batch) => loss(Array.from(batch, (i) => training[i]!)),
        ...(held < 10 ? {} : { validation: () => loss(validation) }),
      },
      {
        epochs: options.epochs ?? 150,
        batchSize: 128,
        learningRate: 0.01,
        optimizer: "adam",
        patience: 25,
        clipNorm: 5,
        finalRate: 0.05,
        label: `${own.name} `,
        span,
      },
      rng.fork("batches"),
      work,
    );
    options.onTrained?.(own.name, result);
    const read = await parameters.read();
    const layerOf = (layer: DenseLayer, activation: FlowLayer["activation"]): FlowLayer => {
      const slot = parameters.variables.indexOf(layer.w);
      return {
        w: Float64Array.from(read[slot]!),
        b: Float64Array.from(read[slot + 1]!),
        activation,
      };
    };
    return mixtureFlow(
      {
        hidden: stack.layers.map((layer) => layerOf(layer, "tanh")),
        logits: layerOf(logits, "linear"),
        means: layerOf(means, "linear"),
        logScales: layerOf(logScales, "linear"),
        center,
        scale,
        encode: encoder.encode,
      },
      `mixture flow of ${k} normals, ${result.bestEpoch} epochs on ${engine.backend}, seed ${rng.seed}`,
    );
  } finally {
    parameters.dispose();
  }
}

function permutation(n: number, rng: Rng): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

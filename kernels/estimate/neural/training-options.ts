import type { OptionSpec } from "../method.ts";
import type { FitOptions } from "./fit.ts";

/** How a net is trained, as a cell may say it. */
export type TrainingOptions = {
  readonly epochs: number;
  readonly patience: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly backend: string;
};

/** The specs of those options with a net's own defaults. */
export function trainingOptions(
  defaults: Pick<FitOptions, "epochs" | "patience" | "batchSize" | "learningRate">,
): { readonly [K in keyof TrainingOptions]: OptionSpec<TrainingOptions[K]> } {
  return {
    epochs: {
      type: "integer",
      default: defaults.epochs,
      minimum: 1,
      maximum: 100_000,
      doc: "Most passes over the training rows.",
    },
    patience: {
      type: "integer",
      default: defaults.patience,
      minimum: 1,
      maximum: 100_000,
      doc: "Epochs without a better loss on held-out rows before training stops.",
    },
    batchSize: {
      type: "integer",
      default: defaults.batchSize,
      minimum: 2,
      maximum: 65_536,
      doc: "Rows in each gradient step.",
    },
    learningRate: {
      type: "number",
      default: defaults.learningRate,
      minimum: 1e-7,
      maximum: 1,
      doc: "Step size of Adam.",
    },
    backend: {
      type: "choice",
      choices: ["auto", "webgpu", "webgl", "wasm", "cpu"],
      default: "auto",
      doc: "What computes: auto takes the fastest present.",
    },
  };
}

/** Spec of a count with bounds. */
export function count(
  value: number,
  minimum: number,
  maximum: number,
  doc: string,
): OptionSpec<number> {
  return { type: "integer", default: value, minimum, maximum, doc };
}

/** Spec of a penalty or weight of at least 0. */
export function strength(value: number, doc: string): OptionSpec<number> {
  return { type: "number", default: value, minimum: 0, maximum: 1000, doc };
}

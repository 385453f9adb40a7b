import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fitCalibration, reliability } from "../../../kernels/discover/amortized/calibrate.ts";
import { fromHalves, toHalves } from "../../../kernels/discover/amortized/half.ts";
import { parameterCount } from "../../../kernels/discover/amortized/network.ts";
import { probabilities } from "../../../kernels/discover/amortized/predict.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { judge, type Judged, offDiagonal } from "./validate.ts";

const path = resolve(import.meta.dirname, "../../../kernels/discover/amortized/weights.ts");

/** Calibrates a checkpoint as rounded to halves on graphs of their own, and writes the weights file of the kernels. */
export async function exportWeights({ values, step, seed }: Checkpoint): Promise<void> {
  const halves = toHalves(values);
  const rounded = fromHalves(halves);
  const fitted = await judge(rounded, 400, "calibration");
  const calibration = fitCalibration(
    Float64Array.from(join(fitted, (one) => one.logits)),
    Uint8Array.from(join(fitted, (one) => one.arrows)),
  );
  const checked = await judge(rounded, 400, "calibration check");
  const claimed = join(checked, (one) => probabilities(one.logits, one.d, calibration));
  const { error, bins } = reliability(
    claimed,
    join(checked, (one) => one.arrows),
  );
  console.log(
    `calibration: slope ${calibration.slope.toFixed(3)}, shift ${calibration.shift.toFixed(3)}`,
  );
  console.log(`expected calibration error ${error.toFixed(4)} on other graphs; by bins:`);
  for (const bin of bins) {
    console.log(
      `  claimed ${bin.claimed.toFixed(3)}, true ${bin.true.toFixed(3)}, ${bin.pairs} pairs`,
    );
  }
  const text = `// Written by \`npm run train:amortized\` (test/train/amortized); not edited by hand.

/** Weights of the network in network.ts: ${parameterCount} numbers in half precision, base64, in the order of \`shapes\`. */
export const weights = {
  steps: ${step},
  seed: ${seed},
  calibration: { slope: ${round(calibration.slope)}, shift: ${round(calibration.shift)} },
  calibrationError: ${round(error)},
  halves:
    "${Buffer.from(halves).toString("base64")}",
} as const;
`;
  writeFileSync(path, text);
  console.log(`wrote ${text.length} bytes`);
}

const round = (value: number): number => Number(value.toPrecision(6));

/** What is said of every ordered pair of every graph. */
function join(judged: readonly Judged[], what: (one: Judged) => ArrayLike<number>): number[] {
  return judged.flatMap((one) => offDiagonal(one.d).map((p) => what(one)[p]!));
}

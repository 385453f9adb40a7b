import { amortizedMethods } from "./amortized/methods.ts";
import { attentionMethods } from "./attention/methods.ts";
import { constraintMethods } from "./constraint/methods.ts";
import { functionalMethods } from "./functional/methods.ts";
import { hybridMethods } from "./hybrid/methods.ts";
import { interventionalMethods } from "./interventional/methods.ts";
import type { Method } from "./method.ts";
import { relaxationMethods } from "./relaxation/methods.ts";
import { scoreMethods } from "./score/methods.ts";
import { timeMethods } from "./time/methods.ts";

/** Every method, in the order they are offered. Each family lists its own in its folder. */
export const methods: readonly Method[] = [
  ...scoreMethods,
  ...constraintMethods,
  ...hybridMethods,
  ...functionalMethods,
  ...relaxationMethods,
  ...timeMethods,
  ...amortizedMethods,
  ...attentionMethods,
  ...interventionalMethods,
];

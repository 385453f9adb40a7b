import type { Method } from "../method.ts";
import { dagma, golemEv, golemNv, notears } from "./linear-methods.ts";
import { dagmaMlpMethod, notearsMlpMethod } from "./mlp-methods.ts";

export const relaxationMethods: readonly Method[] = [
  dagma,
  notears,
  golemEv,
  golemNv,
  dagmaMlpMethod,
  notearsMlpMethod,
];

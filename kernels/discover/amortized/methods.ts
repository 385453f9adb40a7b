import type { Method } from "../method.ts";
import { amortizedMethod } from "./amortized-method.ts";

export const amortizedMethods: readonly Method[] = [amortizedMethod];

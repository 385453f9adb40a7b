import type { Method } from "../method.ts";
import { anm } from "./anm-method.ts";
import { directLingam, icaLingam } from "./linear-methods.ts";
import { varMethod } from "./var-method.ts";

export const functionalMethods: readonly Method[] = [directLingam, icaLingam, anm, varMethod];

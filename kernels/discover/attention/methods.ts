import type { Method } from "../method.ts";
import { attentionMethod } from "./attention-method.ts";

export const attentionMethods: readonly Method[] = [attentionMethod];

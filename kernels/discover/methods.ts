import type { Method } from "./method.ts";

/** Every method, in the order they are offered. Each family lists its own in its folder. */
export const methods: readonly Method[] = [];

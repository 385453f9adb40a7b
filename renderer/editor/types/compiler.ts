import type { ts as Ts } from "./typescript.d.ts";

export type { Ts };

/** TypeScript itself, handed in: by the worker from its bundle, by tests from the package. */
export type Compiler = typeof Ts & {
  /** Not in its public types: the first offset that is neither white space nor comment. */
  skipTrivia(text: string, at: number): number;
};

import type { LawsAtHand } from "./counterfactual.ts";

export interface IdentifyOptions {
  /** `false`: verdict and formula only, no list of ways to estimate. Default: listed. */
  readonly strategies?: boolean;
  /**
   * What is known: the observed joint law (default), or for counterfactual queries also every experiment on the
   * graph's variables.
   */
  readonly from?: LawsAtHand;
  /** Experiments whose laws are at hand, by the variables they set; `[]` is the observed law. Default `[[]]`. */
  readonly experiments?: readonly (readonly string[])[];
  /**
   * A source population with the same graph: variables whose mechanisms differ there, and the experiments made there
   * besides its observed law. `experiments` above then speaks of the target. Source laws are written P^{name}.
   */
  readonly source?: {
    /** What its laws are called in formulas; default `source`. */
    readonly name?: string;
    /** What the population asked about is called in assumptions. */
    readonly target?: string;
    readonly shifted: readonly string[];
    readonly experiments: readonly (readonly string[])[];
  };
  /** Whether to write out the do-calculus derivation. Default: up to 30 measured nodes, for ID and IDC. */
  readonly derivation?: boolean;
  /**
   * Whether a "no" under selection is confirmed by a search for two models before it is said (up to seconds). Default
   * true; `false` says `not-certified` at once.
   */
  readonly confirm?: boolean;
  /** A node S of the graph: only the law of units with S = 1 is at hand. Default: the node marked `selected`. */
  readonly selection?: string;
}

/** From this many nodes on, only one adjustment set is offered instead of all kinds of strategies. */
export const thoroughUpTo = 60;

/** From this many nodes on, the derivation is written only when asked for: its terms grow with the graph. */
export const derivedUpTo = 30;

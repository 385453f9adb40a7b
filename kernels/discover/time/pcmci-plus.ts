import { noConstraints } from "../knowledge.ts";
import type { Pace } from "../pace.ts";
import { orient } from "../constraint/pc.ts";
import type { ColliderRule, Triple } from "../constraint/triples.ts";
import { directed, type Pdag, undirected } from "../core/pdag.ts";
import type { Diagnostic } from "../result.ts";
import { type Answer, columnAt, lagAt, lagged, type LaggedTest } from "./lagged-test.ts";
import { momentary, type Pair } from "./pcmci.ts";
import { type PastSettings, selectPast } from "./select-past.ts";

export interface PlusSettings extends PastSettings {
  readonly colliders: ColliderRule;
}

export interface PlusResult {
  /** The links kept, with the answer of the test that came nearest to removing each; lag 0 once, `from` < `to`. */
  readonly links: readonly Pair[];
  /** Marks among the columns at time t: a partly directed graph on `[d]`. */
  readonly now: Pdag;
  readonly tests: number;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * PCMCI+ (Runge 2020, algorithms 1 and 2): the past of each column is selected; then links at lag 0 and the selected
 * ones are tested given growing sets of neighbours at time t together with the past of both ends; what remains is
 * directed by time, by colliders and by Meek's rules. The result does not depend on the order of the columns. `test`
 * must reach to twice `lags`. O(d² lags 2^degree) tests at worst.
 */
export async function pcmciPlus(
  test: LaggedTest,
  settings: PlusSettings,
  names: readonly string[],
  pace: Pace,
): Promise<PlusResult> {
  const { d } = test;
  const selected = await selectPast(test, settings, pace);
  const window = new Window(test, selected.past, settings);
  await window.thin(pace);
  const { pdag, diagnostics } = orient(
    windowNames(names, settings.lags),
    window.skeleton(),
    await window.triples(settings.colliders, pace),
    window.constraints(),
  );
  const now: Pdag = { d, may: new Uint8Array(d * d) };
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      now.may[i * d + j] = directed(pdag, i, j) || undirected(pdag, i, j) ? 1 : 0;
    }
  }
  return { links: window.links(), now, tests: selected.tests + window.tests, diagnostics };
}

const windowNames = (names: readonly string[], lags: number): string[] =>
  Array.from({ length: lags + 1 }, (_, lag) =>
    names.map((name) => (lag === 0 ? `${name}[t]` : `${name}[t-${lag}]`)),
  ).flat();

/** The graph of one time step and its past while links are being removed. Nodes are codes up to `lags`. */
class Window {
  tests = 0;
  private readonly d: number;
  /** `[code][to]`: the answer nearest to removal so far, undefined where there is no link (any more). */
  private readonly link: Map<number, Answer>[];
  /** Sets at time t that separated `code` from `to`, by `code * d + to`. */
  private readonly separators = new Map<number, readonly number[]>();
  private readonly test: LaggedTest;
  private readonly past: readonly (readonly number[])[];
  private readonly settings: PlusSettings;

  constructor(test: LaggedTest, past: readonly (readonly number[])[], settings: PlusSettings) {
    const { d } = test;
    const { forbidden } = settings.knowledge;
    this.d = d;
    this.test = test;
    this.past = past;
    this.settings = settings;
    const untested: Answer = { value: Infinity, p: -1 };
    this.link = Array.from({ length: d }, (_, to) => {
      const into = new Map<number, Answer>();
      for (let from = 0; from < d; from++) {
        const apart = forbidden[from * d + to] === 1 && forbidden[to * d + from] === 1;
        if (from !== to && !apart) into.set(from, untested);
      }
      for (const code of past[to]!) into.set(code, untested);
      return into;
    });
  }

  /** Neighbours of `to` at time t. */
  private near(to: number): number[] {
    return [...this.link[to]!.keys()].filter((code) => code < this.d).sort((a, b) => a - b);
  }

  private ask(code: number, to: number, set: readonly number[]): Answer {
    this.tests += 1;
    return this.test.test(code, to, momentary(this.d, this.past, code, to, set));
  }

  /** Tests with sets of growing size; what a size removes is taken out after it, so that order does not matter. */
  async thin(pace: Pace): Promise<void> {
    const { d } = this;
    for (let size = 0; ; size++) {
      let more = false;
      const removed: (readonly [code: number, to: number])[] = [];
      for (let to = 0; to < d; to++) {
        const near = this.near(to);
        for (const code of [...this.link[to]!.keys()].sort((a, b) => a - b)) {
          const pool = near.filter((v) => v !== code);
          if (pool.length < size) continue;
          more = true;
          for (const set of subsets(pool, size)) {
            if (pace.due()) await pace.rest(0.5 + (0.4 * to) / d, `sets of ${size}`);
            const answer = this.ask(code, to, set);
            this.soften(code, to, answer);
            if (answer.p <= this.settings.alpha) continue;
            removed.push([code, to]);
            this.separators.set(code * d + to, set);
            if (code < d) this.separators.set(to * d + code, set);
            break;
          }
        }
      }
      for (const [code, to] of removed) {
        this.link[to]!.delete(code);
        if (code < d) this.link[code]!.delete(to);
      }
      if (!more) return;
    }
  }

  private soften(code: number, to: number, answer: Answer): void {
    const known = this.link[to]!.get(code)!;
    if (
      answer.p > known.p ||
      (answer.p === known.p && Math.abs(answer.value) < Math.abs(known.value))
    ) {
      this.link[to]!.set(code, answer);
      if (code < this.d) this.link[code]!.set(to, answer);
    }
  }

  private joined(code: number, to: number): boolean {
    return this.link[to]!.has(code);
  }

  /** Unshielded triples code - k - j with k and j at time t, and code there or before. */
  async triples(rule: ColliderRule, pace: Pace): Promise<Triple[]> {
    const { d } = this;
    const found: Triple[] = [];
    for (let k = 0; k < d; k++) {
      const near = this.near(k);
      for (const code of [...this.link[k]!.keys()].sort((a, b) => a - b)) {
        for (const j of near) {
          if (code === j || this.joined(code, j) || (code < d && code > j)) continue;
          const kind =
            rule === "standard"
              ? (this.separators.get(code * d + j) ?? []).includes(k)
                ? "chain"
                : "collider"
              : await this.judge(code, k, j, rule, pace);
          // orient() takes ends in ascending order
          const [i, end] = code < j ? [code, j] : [j, code];
          found.push({ i, k, j: end, kind });
        }
      }
    }
    return found;
  }

  /** The share of the separating sets among the neighbours of the ends that hold k decides (Runge 2020, section S1). */
  private async judge(
    code: number,
    k: number,
    j: number,
    rule: ColliderRule,
    pace: Pace,
  ): Promise<Triple["kind"]> {
    const pools = [this.near(j).filter((v) => v !== code)];
    if (code < this.d) pools.push(this.near(code).filter((v) => v !== j));
    const seen = new Set<string>();
    let holding = 0;
    let all = 0;
    for (const pool of pools) {
      for (let size = 0; size <= pool.length; size++) {
        for (const set of subsets(pool, size)) {
          const key = set.join();
          if (seen.has(key)) continue;
          seen.add(key);
          if (pace.due()) await pace.rest(0.95, "colliders");
          if (this.ask(code, j, set).p <= this.settings.alpha) continue;
          all += 1;
          if (set.includes(k)) holding += 1;
        }
      }
    }
    if (all === 0) return "ambiguous";
    const share = holding / all;
    if (rule === "conservative") {
      return share === 0 ? "collider" : share === 1 ? "chain" : "ambiguous";
    }
    return share < 0.5 ? "collider" : share > 0.5 ? "chain" : "ambiguous";
  }

  /** What may point where before colliders: lagged links to the present only, links at lag 0 both ways. */
  skeleton(): { readonly d: number; readonly joined: Uint8Array } {
    const { d } = this;
    const size = d * (this.settings.lags + 1);
    const joined = new Uint8Array(size * size);
    for (let to = 0; to < d; to++) {
      for (const code of this.link[to]!.keys()) joined[code * size + to] = 1;
    }
    return { d: size, joined };
  }

  /** The knowledge, as far as it concerns time t. */
  constraints(): ReturnType<typeof noConstraints> {
    const { d } = this;
    const { knowledge, lags } = this.settings;
    const size = d * (lags + 1);
    const none = noConstraints(size);
    if (!knowledge.any) return none;
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) none.forbidden[i * size + j] = knowledge.forbidden[i * d + j]!;
    }
    return { ...none, any: true };
  }

  links(): Pair[] {
    const { d } = this;
    return this.link.flatMap((into, to) =>
      [...into]
        .filter(([code]) => code >= d || code < to)
        .map(([code, answer]) => ({
          from: columnAt(d, code),
          to,
          lag: lagAt(d, code),
          ...answer,
        }))
        .sort((a, b) => lagged(d, a.from, a.lag) - lagged(d, b.from, b.lag)),
    );
  }
}

/** Subsets of `size` in lexicographic order. */
function* subsets(pool: readonly number[], size: number): Generator<readonly number[]> {
  if (size > pool.length) return;
  const index = Array.from({ length: size }, (_, k) => k);
  for (;;) {
    yield index.map((k) => pool[k]!);
    let at = size - 1;
    while (at >= 0 && index[at] === pool.length - size + at) at--;
    if (at < 0) return;
    index[at]!++;
    for (let k = at + 1; k < size; k++) index[k] = index[k - 1]! + 1;
  }
}

/** Where a cursor stands in a causal cell. */
export interface CausalContext {
  /** The statement up to the cursor. */
  readonly before: string;
  /** The last word of the grammar before the cursor, outside brackets; empty in the head. */
  readonly clause: string;
  /** How many brackets are open since that word. */
  readonly depth: number;
  /** What is called by the innermost open bracket: `aipw` in `by aipw(folds: `. */
  readonly call: string;
  /** The option whose value is being written. */
  readonly option: string;
  /** The word at the cursor, which a completion replaces. */
  readonly word: { readonly start: number; readonly end: number; readonly text: string };
}

const WORD = /[\p{L}_$][\p{L}\p{N}_$]*(?:-[\p{L}\p{N}_$]+|\.[\p{L}\p{N}_$]*)*$|\d[\p{L}\p{N}_$]*$/u;

/** Reads backwards from the cursor to the statement's first line (continuations are indented). */
export function contextAt(source: string, offset: number, keys: readonly string[]): CausalContext {
  let from = source.lastIndexOf("\n", offset - 1) + 1;
  while (from > 0 && /[ \t]/.test(source[from] ?? ""))
    from = source.lastIndexOf("\n", from - 2) + 1;
  const before = source.slice(from, offset);
  const word = WORD.exec(before)?.[0] ?? "";
  const after = /^[\p{L}\p{N}_$]*/u.exec(source.slice(offset))?.[0] ?? "";
  let clause = "";
  let depth = 0;
  let call = "";
  let option = "";
  const calls: string[] = [];
  let last = "";
  const text = before.slice(0, before.length - word.length);
  for (const [token] of text.matchAll(
    /"[^"\n]*"?|[([{]|[)\]}]|[:,]|[\p{L}\d_$][\p{L}\p{N}_$-]*/gu,
  )) {
    if (/^[([{]$/u.test(token)) {
      depth++;
      calls.push(last);
      option = "";
    } else if (/^[)\]}]$/u.test(token)) {
      depth = Math.max(0, depth - 1);
      calls.pop();
      option = "";
    } else if (token === ":") option = last;
    else if (token === ",") option = "";
    else if (depth === 0 && keys.includes(token)) clause = token;
    last = token;
  }
  call = calls.at(-1) ?? "";
  return {
    before,
    clause,
    depth,
    call,
    option,
    word: { start: offset - word.length, end: offset + after.length, text: word },
  };
}

/** A number as a reader wants it: about four figures, no needless zeros, thousands apart by a thin space. */
export function formatNumber(value: number, figures = 4): string {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  let text: string;
  if (Number.isInteger(value) && size < 1e15) text = String(size);
  else if (size >= 1e7 || size < 1e-4) {
    const [mantissa = "", exponent = "0"] = size.toExponential(figures - 1).split("e");
    return `${value < 0 ? "−" : ""}${mantissa}×10${superscript(Number(exponent))}`;
  } else {
    const decimals = Math.max(0, figures - 1 - Math.floor(Math.log10(size)));
    text = size.toFixed(Math.min(decimals, 10));
  }
  const [whole = "", fraction] = text.split(".");
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(?:\d{3})+$)/gu, "\u202f") : whole;
  return `${value < 0 ? "−" : ""}${grouped}${fraction === undefined ? "" : `.${fraction}`}`;
}

export function formatInterval(low: number, high: number, figures = 4): string {
  return `${formatNumber(low, figures)} to ${formatNumber(high, figures)}`;
}

export function formatPercent(share: number): string {
  return `${formatNumber(100 * share, 3)} %`;
}

function superscript(exponent: number): string {
  const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  return `${exponent < 0 ? "⁻" : ""}${String(Math.abs(exponent)).replaceAll(/\d/gu, (d) => digits[Number(d)] ?? "")}`;
}

/** `1 row`, `2 rows`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${formatNumber(n)} ${n === 1 ? one : many}`;
}

/** `a, b and c`. */
export function listing(items: readonly string[], last = "and"): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} ${last} ${items.at(-1)}`;
}

/** Numbers from IEEE half precision, two bytes each, low byte first. O(n). */
export function fromHalves(bytes: Uint8Array): Float32Array {
  const out = new Float32Array(bytes.length >> 1);
  for (let i = 0; i < out.length; i++) {
    const bits = bytes[2 * i]! | (bytes[2 * i + 1]! << 8);
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 0) out[i] = sign * fraction * 2 ** -24;
    else if (exponent === 31) out[i] = fraction === 0 ? sign * Infinity : Number.NaN;
    else out[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return out;
}

/** The nearest halves of finite numbers, ties to even; beyond ±65504 is a broken invariant. O(n). */
export function toHalves(values: Float32Array): Uint8Array {
  const out = new Uint8Array(2 * values.length);
  values.forEach((value, i) => {
    const size = Math.abs(value);
    if (!(size < 65_520)) throw new Error(`${value} is no half-precision number.`);
    const exponent = Math.max(-14, Math.floor(Math.log2(size === 0 ? 2 ** -24 : size)));
    const steps = roundToEven(size * 2 ** (10 - exponent));
    // steps may reach the next power of two, which carries into the exponent by itself
    const bits = steps < 1024 ? steps : ((exponent + 15) << 10) + (steps - 1024);
    const signed = bits | (value < 0 || Object.is(value, -0) ? 0x8000 : 0);
    out[2 * i] = signed & 255;
    out[2 * i + 1] = signed >> 8;
  });
  return out;
}

function roundToEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
}

import { applyBinary, applyFunction } from "./expression.ts";
import type { Expression } from "./expression.ts";
import { unreachable } from "./unreachable.ts";

/** constant at index 0, then one slope per basis element. */
export type Affine = Float64Array;

/**
 * An expression as constant plus slopes over a basis of `size - 1` elements, where `lookup` gives each variable's own
 * form; undefined when it is not affine (e.g. the product of two variables). O(size · operations).
 */
export function affineOf(
  e: Expression,
  size: number,
  lookup: (name: string) => Affine | undefined,
): Affine | undefined {
  switch (e.kind) {
    case "number":
      return constant(e.value, size);
    case "text":
      return undefined;
    case "variable":
      return lookup(e.name);
    case "unary": {
      const operand = affineOf(e.operand, size, lookup);
      if (operand === undefined) return undefined;
      if (e.operator === "-") return operand.map((x) => -x);
      return isConstant(operand) ? constant(operand[0] === 0 ? 1 : 0, size) : undefined;
    }
    case "binary": {
      const left = affineOf(e.left, size, lookup);
      const right = affineOf(e.right, size, lookup);
      if (left === undefined || right === undefined) return undefined;
      if (e.operator === "+") return left.map((x, i) => x + right[i]!);
      if (e.operator === "-") return left.map((x, i) => x - right[i]!);
      const leftFixed = isConstant(left);
      const rightFixed = isConstant(right);
      if (leftFixed && rightFixed) {
        return constant(applyBinary(e.operator, left[0]!, right[0]!), size);
      }
      if (e.operator === "*" && leftFixed) return right.map((x) => x * left[0]!);
      if (e.operator === "*" && rightFixed) return left.map((x) => x * right[0]!);
      if (e.operator === "/" && rightFixed) return left.map((x) => x / right[0]!);
      if (e.operator === "^" && rightFixed && right[0] === 1) return left;
      return undefined;
    }
    case "call": {
      const operands = e.operands.map((part) => affineOf(part, size, lookup));
      const [condition, yes, no] = operands;
      if (e.name === "if" && condition !== undefined && isConstant(condition)) {
        return condition[0] === 0 ? no : yes;
      }
      if (!operands.every((o) => o !== undefined && isConstant(o))) return undefined;
      return constant(
        applyFunction(
          e.name,
          operands.map((o) => o![0]!),
        ),
        size,
      );
    }
    default:
      return unreachable(e);
  }
}

/** No slope but zero. */
export function isConstant(form: Affine): boolean {
  for (let i = 1; i < form.length; i++) if (form[i] !== 0) return false;
  return true;
}

export function constant(value: number, size: number): Affine {
  const form = new Float64Array(size);
  form[0] = value;
  return form;
}

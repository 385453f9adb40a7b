import type { Rng } from "../math/rng.ts";
import { configurationCount, forEachConfiguration } from "./build-model.ts";
import { badQuery, unknownVariable } from "./messages.ts";
import { variableOf } from "./model.ts";
import type { ConfoundedComponent, StructuralModel, Variable } from "./model.ts";
import { unitMechanism } from "./unit.ts";

/** Largest joint table a confounded component gets. */
const ENTRY_LIMIT = 2 ** 20;

/**
 * The same model without the assumption that nothing unmeasured causes both `x` and `y` (the arc x <-> y): what is
 * observed stays as it is, and the two lose their mechanisms. Effects that rested on the assumption come out
 * `bounded`; those that another route identifies, such as the front door, stay. Arcs already admitted are kept.
 *
 * Needs discrete variables: throws `UserError` when either, or a parent of either, is continuous, for unknown names,
 * and for joint tables of more than 2^20 entries. O(joint table).
 */
export function admitConfounder(model: StructuralModel, x: string, y: string): StructuralModel {
  const names = model.variables.map((v) => v.name);
  const unknown = [x, y].find((name) => !names.includes(name));
  if (unknown !== undefined) throw unknownVariable("query", undefined, unknown, names);
  if (x === y)
    throw badQuery(`"${x}" has no common cause with itself`, x, "two different variables");
  const touched = new Set([x, y]);
  const merged = model.components.filter(({ variables }) =>
    variables.some((name) => touched.has(name)),
  );
  for (const { variables } of merged) for (const name of variables) touched.add(name);
  const members = model.variables.filter(({ name }) => touched.has(name));
  const component = { ...jointOf(model, members, merged), ...arcsOf(merged, [x, y]) };
  const components = [...model.components.filter((c) => !merged.includes(c)), component];
  return {
    ...model,
    components,
    variables: model.variables.map((variable) => {
      const index = components.findIndex((c) => c.variables.includes(variable.name));
      return index < 0
        ? variable
        : { ...variable, mechanism: { kind: "confounded", component: index } };
    }),
  };
}

/** The arcs of a merged component; none when one of its parts allowed for any. */
function arcsOf(
  merged: readonly ConfoundedComponent[],
  arc: readonly [string, string],
): Pick<ConfoundedComponent, "arcs"> {
  if (merged.some(({ arcs }) => arcs === undefined)) return {};
  return { arcs: [...merged.flatMap(({ arcs }) => arcs ?? []), arc] };
}

/** Q[members] is the product of the members' tables and of the c-factors being merged (Tian & Pearl 2002). */
function jointOf(
  model: StructuralModel,
  members: readonly Variable[],
  merged: readonly ConfoundedComponent[],
): ConfoundedComponent {
  const variables = members.map(({ name }) => name);
  const outside = model.variables
    .map(({ name }) => name)
    .filter((name) => !variables.includes(name) && members.some((m) => m.parents.includes(name)));
  const scope = [...outside, ...variables];
  const domains = scope.map((name) => {
    const { domain } = variableOf(model, name)!;
    if (domain.kind === "discrete") return domain;
    throw badQuery(
      `"${name}" is continuous, so an unmeasured common cause of ${variables.join(" and ")} leaves no bounds`,
      name,
      "discrete variables",
      "Group it into levels, or model the common cause as a latent variable.",
    );
  });
  const size = configurationCount(domains);
  if (size > ENTRY_LIMIT)
    throw badQuery(`The joint table has ${size} entries`, size, `at most ${ENTRY_LIMIT}`);
  const single = members.filter(({ name }) => !merged.some((c) => c.variables.includes(name)));
  const units = single.map((variable) => unitMechanism(model, variable));
  const scratch = units.map((unit) => new Float64Array(Math.max(1, unit.size)));
  const known = merged.map((c) => ({ ...c, scope: [...c.parents, ...c.variables] }));
  const probabilities = new Float64Array(size);
  forEachConfiguration(domains, (index, values, levels) => {
    let product = 1;
    single.forEach((variable, i) => {
      const parents = variable.parents.map((name) => values[scope.indexOf(name)]!);
      const own = values[scope.indexOf(variable.name)]!;
      product *= Math.exp(units[i]!.abduct(own, parents, anyRng, scratch[i]!));
    });
    for (const { scope: own, probabilities: table } of known) {
      if (table === undefined)
        throw badQuery("A component has no joint table", variables, "a table of its variables");
      let at = 0;
      for (const name of own) {
        at = at * domains[scope.indexOf(name)]!.levels.length + levels[scope.indexOf(name)]!;
      }
      product *= table[at]!;
    }
    probabilities[index] = product;
  });
  return { variables, parents: outside, probabilities };
}

/** Abduction returns the probability of the value; the noise it draws on the way is not used. */
const anyRng: Rng = { seed: 1, next: () => 0.5, int: () => 0, normal: () => 0, fork: () => anyRng };

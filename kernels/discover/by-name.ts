import { quietWork, type Work } from "../../app/work.ts";
import type { Table } from "../data/table.ts";
import { amortizedMethod } from "./amortized/amortized-method.ts";
import { attentionMethod } from "./attention/attention-method.ts";
import { fciSearch } from "./constraint/fci.ts";
import { cdNodMethod, fciMethod, pcMethod, rfciMethod } from "./constraint/methods.ts";
import { pcSearch } from "./constraint/pc.ts";
import { discoverBy, type GeneralOptions } from "./discover.ts";
import { bossFciMethod, gfciMethod } from "./hybrid/methods.ts";
import { giesMethod } from "./interventional/methods.ts";
import { constraintsOf } from "./knowledge.ts";
import type { Method } from "./method.ts";
import { resolveOptions } from "./options.ts";
import type { Discovery, Finding } from "./result.ts";
import {
  dagma as dagmaMethod,
  golemEv as golemEvMethod,
  golemNv as golemNvMethod,
  notears as notearsMethod,
} from "./relaxation/linear-methods.ts";
import { dagmaMlpMethod, notearsMlpMethod } from "./relaxation/mlp-methods.ts";
import { bossMethod, exactMethod, gesMethod } from "./score/methods.ts";
import { type Oracle, oracleTest } from "./tests/independence.ts";
import { pcmciMethod, pcmciPlusMethod } from "./time/methods.ts";

type OwnOptions<O> = GeneralOptions & Partial<O>;
type ByName<O> = (table: Table, options?: OwnOptions<O>, work?: Work) => Promise<Discovery>;

/** A method as a function of a table: `discover` with its name. */
function byName<O>(method: Method<O>): ByName<O> {
  return (table, options = {}, work = quietWork) =>
    discoverBy(method as unknown as Method, table, options, work);
}

/** See `bossMethod`. */
export const boss = byName(bossMethod);
/** See `gesMethod`. */
export const ges = byName(gesMethod);
/** See `exactMethod`. */
export const exact = byName(exactMethod);
/** See `cdNodMethod`. */
export const cdNod = byName(cdNodMethod);
/** See `bossFciMethod`. */
export const bossFci = byName(bossFciMethod);
/** See `gfciMethod`. */
export const gfci = byName(gfciMethod);
/** See `amortizedMethod`. */
export const amortized = byName(amortizedMethod);
/** See `attentionMethod`. */
export const attention = byName(attentionMethod);
/** See `giesMethod`. */
export const gies = byName(giesMethod);
/** See `dagma` in relaxation. */
export const dagma = byName(dagmaMethod);
/** See `notears` in relaxation. */
export const notears = byName(notearsMethod);
/** See `golemEv` in relaxation. */
export const golemEv = byName(golemEvMethod);
/** See `golemNv` in relaxation. */
export const golemNv = byName(golemNvMethod);
/** See `dagmaMlpMethod`. */
export const dagmaMlp = byName(dagmaMlpMethod);
/** See `notearsMlpMethod`. */
export const notearsMlp = byName(notearsMlpMethod);

/** See `pcmciMethod`. */
export const pcmci = byName(pcmciMethod);
/** See `pcmciPlusMethod`. */
export const pcmciPlus = byName(pcmciPlusMethod);

type OptionsOf<M> = M extends Method<infer O> ? OwnOptions<O> : never;

const isOracle = (input: Table | Oracle): input is Oracle => "independent" in input;

/** PC on a table, or on true separations told by an oracle (`alpha` and `test` do not matter then). See `pcMethod`. */
export async function pc(
  input: Table | Oracle,
  options: OptionsOf<typeof pcMethod> = {},
  work: Work = quietWork,
): Promise<Finding | Discovery> {
  if (!isOracle(input)) return byName(pcMethod)(input, options, work);
  const { colliders, depth } = resolve(pcMethod, options);
  const knowledge = constraintsOf(input.variables, options.knowledge);
  const { skeleton: _, ...finding } = await pcSearch(
    input.variables,
    oracleTest(input),
    { colliders, depth, knowledge },
    work,
  );
  return finding;
}

/** FCI on a table or an oracle. See `fciMethod`. */
export async function fci(
  input: Table | Oracle,
  options: OptionsOf<typeof fciMethod> = {},
  work: Work = quietWork,
): Promise<Finding | Discovery> {
  return isOracle(input)
    ? fciOracle(input, options, false, work)
    : byName(fciMethod)(input, options, work);
}

/** RFCI on a table or an oracle. See `rfciMethod`. */
export async function rfci(
  input: Table | Oracle,
  options: OptionsOf<typeof rfciMethod> = {},
  work: Work = quietWork,
): Promise<Finding | Discovery> {
  return isOracle(input)
    ? fciOracle(input, options, true, work)
    : byName(rfciMethod)(input, options, work);
}

function fciOracle(
  oracle: Oracle,
  options: OptionsOf<typeof fciMethod>,
  fast: boolean,
  work: Work,
): Promise<Finding> {
  const { colliders, depth, selection } = resolve(fciMethod, options);
  const knowledge = constraintsOf(oracle.variables, options.knowledge);
  return fciSearch(
    oracle.variables,
    oracleTest(oracle),
    { colliders, depth, selection, fast, knowledge },
    work,
  );
}

/** The method's own options, without the general ones. */
function resolve<O>(method: Method<O>, options: GeneralOptions & Partial<O>): O {
  const { knowledge: _k, seed: _s, columns: _c, missing: _m, bootstrap: _b, ...own } = options;
  return resolveOptions(method, own) as O;
}

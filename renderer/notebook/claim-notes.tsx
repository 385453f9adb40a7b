import { type Assumption, doubted } from "../../app/claim.ts";
import { mime } from "../../app/protocol/mime.ts";
import type { Report } from "../../app/protocol/report.ts";
import { kindName } from "../state/ledger.ts";
import { useNotebook } from "./context.ts";

const MOST = 3;

/** Below a cell: which of the assumptions that are switched off its result rests on, or was derived without. */
export function ClaimNotes({ id }: { readonly id: string }) {
  const { model, commands } = useNotebook();
  const { claim, outputs } = model.runtime(id).value;
  const off = doubted(claim, model.doubts.value);
  const without = (claim?.without ?? []).filter((one) => model.doubts.value.has(one.id));
  // The graph's own report says more.
  const tellsItself = model.frame(id).value.kind === "graph";
  return (
    <>
      {off.length > 0 && (
        <p class="doubt-note">
          <span>Greyed out.</span> It rests on {listed(off)}, which you switched off
          {off.length === 1 && off[0] !== undefined ? `: “${trimmed(off[0].text)}”` : ""}.{" "}
          <button
            type="button"
            class="link"
            onClick={() =>
              commands.setAssumptions(
                off.map((one) => one.id),
                true,
              )
            }
          >
            Switch on
          </button>
        </p>
      )}
      {!tellsItself && without.length > 0 && outputs.length > 0 && (
        <p class="without-note">
          Derived without{" "}
          {without
            .slice(0, MOST)
            .map((one) => `“${trimmed(one.text)}”`)
            .join(", ")}
          {more(without)}, switched off in the ledger.
        </p>
      )}
    </>
  );
}

function listed(assumptions: readonly Assumption[]): string {
  const names = [...new Set(assumptions.map((one) => kindName(one)))];
  return names.length <= MOST
    ? names.join(" and ")
    : `${names.slice(0, MOST).join(", ")} and ${names.length - MOST} more`;
}

function more(assumptions: readonly Assumption[]): string {
  return assumptions.length > MOST ? ` and ${assumptions.length - MOST} more` : "";
}

/** Inside a sentence of ours. */
function trimmed(text: string): string {
  return text.replace(/\.$/, "");
}

/**
 * In a cell's header: the formula of what its values claim, where no report of its own begins with it. Data and plain
 * statistics claim nothing worth a formula.
 */
export function HeaderClaim({ id }: { readonly id: string }) {
  const { model } = useNotebook();
  const { claim, outputs } = model.runtime(id).value;
  if (claim === undefined || claim.status === "association") return null;
  const told = outputs.some(
    (bundle) => (bundle?.[mime.report] as Report | undefined)?.claim !== undefined,
  );
  if (told) return null;
  const byCode = claim.derivedByCode === true;
  return (
    <span
      class="cell-claim"
      data-rung={claim.rung}
      title={`${claim.query}: ${claim.status.replaceAll("-", " ")}`}
    >
      <i>{claim.query}</i>
      {byCode && <span>derived by code</span>}
    </span>
  );
}

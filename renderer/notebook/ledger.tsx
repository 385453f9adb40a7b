import type { Assumption } from "../../app/claim.ts";
import { kindName, type Ledger, type LedgerEntry, ledgerSummary } from "../state/ledger.ts";
import { Icon } from "../ui/icons.tsx";
import { useNotebook } from "./context.ts";

const titles = {
  graph: "The graph",
  data: "The data and the design",
  mechanism: "The mechanisms",
} as const;

const bearing: Readonly<Record<NonNullable<Assumption["bears"]>, string>> = {
  breaks: "load-bearing: without it there is no answer",
  changes: "load-bearing: without it the answer is another",
  holds: "the answer stands without it",
};

/** Every assumption of the notebook in plain words, who rests on it, and a switch for each. */
export function LedgerPanel() {
  const { model } = useNotebook();
  const ledger = model.ledger.value;
  if (ledger.entries.length === 0) return <EmptyLedger />;
  return (
    <div class="ledger">
      <p class="ledger-summary" role="status">
        {ledgerSummary(ledger)}.
      </p>
      {(["graph", "data", "mechanism"] as const).map((group) => (
        <Group key={group} title={titles[group]} group={group} ledger={ledger} />
      ))}
    </div>
  );
}

function EmptyLedger() {
  return (
    <div class="side-empty">
      <p>No assumptions yet.</p>
      <p>
        Run an identify, estimate or counterfactual cell. What its answer rests on is listed here,
        and each assumption can be switched off to see what falls with it.
      </p>
    </div>
  );
}

function Group({
  title,
  group,
  ledger,
}: {
  readonly title: string;
  readonly group: LedgerEntry["group"];
  readonly ledger: Ledger;
}) {
  const entries = ledger.entries.filter((entry) => entry.group === group);
  if (entries.length === 0) return null;
  return (
    <section class="ledger-group" aria-label={title}>
      <h3>
        {title} <span>{entries.length}</span>
      </h3>
      <ul>
        {entries.map((entry) => (
          <Item key={entry.assumption.id} entry={entry} />
        ))}
      </ul>
    </section>
  );
}

function Item({ entry }: { readonly entry: LedgerEntry }) {
  const { commands } = useNotebook();
  const { assumption, off } = entry;
  return (
    <li class="ledger-item" data-off={off} data-assumption={assumption.id}>
      <label class="ledger-switch">
        <input
          type="checkbox"
          role="switch"
          checked={!off}
          aria-describedby={`rests-${assumption.id}`}
          onChange={(event) => commands.setAssumption(assumption.id, event.currentTarget.checked)}
        />
        <span class="ledger-text">{assumption.text}</span>
      </label>
      <div class="ledger-more" id={`rests-${assumption.id}`}>
        <p>
          <span class="ledger-kind">{kindName(assumption)}</span>
          {entry.from.length > 0 && (
            <>
              {" from "}
              <Cells ids={entry.from} />
            </>
          )}
        </p>
        {assumption.bears !== undefined && (
          <p class="ledger-bears" data-bears={assumption.bears}>
            {bearing[assumption.bears]}
          </p>
        )}
        <Rests entry={entry} />
      </div>
    </li>
  );
}

function Rests({ entry: { off, rests, without, from } }: { readonly entry: LedgerEntry }) {
  const others = rests.filter((id) => !from.includes(id));
  if (off) {
    return (
      <>
        {without.length > 0 && (
          <p>
            Derived again without it: <Cells ids={without} />
          </p>
        )}
        {rests.length > 0 && (
          <p class="ledger-greyed">
            Greyed out: <Cells ids={rests} />
          </p>
        )}
        {rests.length === 0 && without.length === 0 && <p>No result speaks of it at present.</p>}
      </>
    );
  }
  if (others.length === 0) return null;
  return (
    <p>
      Also rests on it: <Cells ids={others} />
    </p>
  );
}

/** Names that lead to their cells. */
function Cells({ ids }: { readonly ids: readonly string[] }) {
  const { model, commands } = useNotebook();
  return (
    <>
      {ids.map((id, i) => (
        <span key={id}>
          {i > 0 && ", "}
          <button
            type="button"
            class="link"
            onClick={() => {
              model.select(id);
              commands.page.focus(id, "cell");
            }}
          >
            {model.nameOf(id)}
          </button>
        </span>
      ))}
    </>
  );
}

/** In the page's bar: opens the ledger, and says when something is switched off. */
export function LedgerButton({ open }: { readonly open: boolean }) {
  const { model, commands } = useNotebook();
  const off = model.doubts.value.size;
  return (
    <button
      type="button"
      class="icon-button ledger-button"
      aria-label={off === 0 ? "Assumptions" : `Assumptions, ${off} switched off`}
      aria-pressed={open}
      title="Assumptions (L)"
      onClick={() => commands.page.toggleLedger()}
    >
      <Icon name="scale" />
      {off > 0 && <b class="count">{off}</b>}
    </button>
  );
}

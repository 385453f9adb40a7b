import { useSignal } from "@preact/signals";
import type { Assumption } from "../../app/claim.ts";
import { kindName, type LedgerEntry, ledgerSummary, whyGreyed } from "../state/ledger.ts";
import { Icon } from "../ui/icons.tsx";
import { useNotebook } from "./context.ts";

const titles = {
  graph: "The graph",
  data: "The data and the design",
  mechanism: "The mechanisms",
} as const;

const bearing: Readonly<Record<NonNullable<Assumption["bears"]>, string>> = {
  breaks: "Without it there is no formula.",
  changes: "Without it the formula is another.",
  holds: "The formula stands without it.",
};

const marks: Readonly<Record<NonNullable<Assumption["bears"]>, string>> = {
  breaks: "load-bearing",
  changes: "load-bearing",
  holds: "",
};

type Filter = "all" | "off" | "bearing";

const filters: Readonly<Record<Filter, (entry: LedgerEntry) => boolean>> = {
  all: () => true,
  off: (entry) => entry.off,
  bearing: ({ assumption: { bears } }) => bears === "breaks" || bears === "changes",
};

/** With fewer the whole list is in view. */
const WORTH_FILTERING = 8;

/** Every assumption of the notebook in plain words, who rests on it, and a switch for each. */
export function LedgerPanel() {
  const { model } = useNotebook();
  const filter = useSignal<Filter>("all");
  const ledger = model.ledger.value;
  if (ledger.entries.length === 0) return <EmptyLedger />;
  const count = (name: Filter): number => ledger.entries.filter(filters[name]).length;
  const choices = (["all", "off", "bearing"] as const).filter(
    (name) => name === "all" || count(name) > 0,
  );
  const chosen = choices.includes(filter.value) ? filter.value : "all";
  const names = { all: "All", off: "Switched off", bearing: "Load-bearing" };
  return (
    <div class="ledger">
      <p class="ledger-summary" role="status">
        {ledgerSummary(ledger)}.
      </p>
      {ledger.entries.length > WORTH_FILTERING && choices.length > 1 && (
        <div class="ledger-filter" role="group" aria-label="Which assumptions">
          {choices.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={chosen === name}
              onClick={() => (filter.value = name)}
            >
              {names[name]} <span>{count(name)}</span>
            </button>
          ))}
        </div>
      )}
      {(["graph", "data", "mechanism"] as const).map((group) => (
        <Group
          key={group}
          title={titles[group]}
          entries={ledger.entries.filter((e) => e.group === group && filters[chosen](e))}
        />
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
  entries,
}: {
  readonly title: string;
  readonly entries: readonly LedgerEntry[];
}) {
  if (entries.length === 0) return null;
  return (
    <section class="ledger-group" aria-label={title}>
      <h2>
        {title} <span>{entries.length}</span>
      </h2>
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
  const { assumption, off, rests, without } = entry;
  const mark = assumption.bears === undefined ? "" : marks[assumption.bears];
  const told = off ? new Set([...rests, ...without]).size : rests.length;
  return (
    <li class="ledger-item" data-off={off} data-assumption={assumption.id}>
      <label class="ledger-switch">
        <input
          type="checkbox"
          role="switch"
          checked={!off}
          onChange={(event) => commands.setAssumption(assumption.id, event.currentTarget.checked)}
        />
        <span class="ledger-text">{assumption.text}</span>
      </label>
      <details class="ledger-more" open={off}>
        <summary>
          {kindName(assumption)}, {told === 1 ? "1\u00a0cell" : `${told}\u00a0cells`}
          {mark !== "" && <b class="ledger-mark">{mark}</b>}
        </summary>
        {assumption.bears !== undefined && <p>{bearing[assumption.bears]}</p>}
        <Rests entry={entry} />
      </details>
    </li>
  );
}

function Rests({ entry }: { readonly entry: LedgerEntry }) {
  const { off, rests, without, from } = entry;
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
            Greyed out: <Cells ids={rests} />. {whyGreyed(entry)}
          </p>
        )}
        {rests.length === 0 && without.length === 0 && <p>No result speaks of it at present.</p>}
      </>
    );
  }
  const others = rests.filter((id) => !from.includes(id));
  return (
    <>
      <p>
        From <Cells ids={from} />
      </p>
      {others.length > 0 && (
        <p>
          Rests on it: <Cells ids={others} />
        </p>
      )}
    </>
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

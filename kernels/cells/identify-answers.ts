import type { Report } from "../../app/protocol/report.ts";
import { breathe, type Work } from "../../app/work.ts";
import type { Table } from "../data/table.ts";
import {
  checkImplications,
  type Graph,
  mSeparated,
  openPath,
  testableImplications,
} from "../graph/index.ts";
import { confirmNo, type Identification, identify, type OtherLaws } from "../identify/index.ts";
import { boundsFromTable } from "./identify-bounds.ts";
import type { Answer, Question } from "./identify-question.ts";
import { twoModelsReport } from "./identify-no.ts";
import { otherLawsReport } from "./identify-laws-report.ts";
import { identifyReport, type Separation, separationReport } from "./identify-report.ts";
import {
  type Bearing,
  bearingReport,
  derivationReport,
  setsReport,
  traceReport,
} from "./identify-yes.ts";
import {
  firstImplications,
  implicationsReport,
  implicationTestsReport,
} from "./implications-report.ts";

/** Answers one line of an identify cell and shows the answer; what takes long is handed back as `reasons`. */
export async function answerQuestion(
  question: Question,
  graph: Graph,
  table: Table | undefined,
  work: Work,
  show: (report: Report) => void,
): Promise<Answer> {
  switch (question.kind) {
    case "separation": {
      const { a, b, given } = question;
      const separated = mSeparated(graph, a, b, given);
      const path = separated ? undefined : openPath(graph, a, b, given);
      const result: Separation = {
        kind: "separation",
        a,
        b,
        given,
        separated,
        ...(path === undefined ? {} : { path }),
      };
      show(separationReport(result, graph));
      return { value: result };
    }
    case "implications": {
      if (table === undefined) {
        const found = firstImplications(testableImplications(graph));
        show(implicationsReport(question.graph, graph, found));
        return { value: found.implications };
      }
      const tests = checkImplications(graph, table);
      show(implicationTestsReport(question.graph, question.table ?? "the table", tests));
      return { value: tests };
    }
    case "bounds": {
      if (table === undefined) throw new Error("Bounds were asked for without a table.");
      const { value, report } = boundsFromTable(graph, question.text, table, question.table);
      show(report);
      return { value, ...(report.claim === undefined ? {} : { claim: report.claim }) };
    }
    case "query":
      return answerQuery(graph, question.text, question.laws?.laws, work, show);
  }
}

async function answerQuery(
  graph: Graph,
  text: string,
  laws: OtherLaws | undefined,
  work: Work,
  show: (report: Report) => void,
): Promise<Answer> {
  const first = identify(graph, text, { ...laws, confirm: false });
  if (first.kind === "not-certified") work.progress({ message: "Looking for two models" });
  const result = await confirmNo(graph, first, { work, ...(laws === undefined ? {} : { laws }) });
  show(
    laws === undefined ? identifyReport(result, graph) : otherLawsReport(result, graph, text, laws),
  );
  const bearing: Bearing = new Map();
  const reasons = async (): Promise<void> => {
    for (const { message, find } of reasonsOf(graph, result, laws, work, bearing)) {
      work.progress({ message });
      await breathe(work);
      const report = await find();
      if (report !== undefined) show(report);
    }
  };
  return { value: result, claim: result.claim, reasons, bearing };
}

interface Reason {
  readonly message: string;
  readonly find: () => Promise<Report | undefined> | Report | undefined;
}

function reasonsOf(
  graph: Graph,
  result: Identification,
  laws: OtherLaws | undefined,
  work: Work,
  bearing: Bearing,
): readonly Reason[] {
  const trace = { message: "Telling the steps", find: () => traceReport(result) };
  switch (result.kind) {
    case "identified":
    case "zero-by-structure": {
      const proof = result.kind === "identified" ? result.derivation : undefined;
      // Sets and missing arrows are told for the observed law: with other laws at hand they would mislead.
      const asked = result.claim.rung > 1 && laws === undefined;
      return [
        ...(asked
          ? [{ message: "Listing sets", find: () => setsReport(graph, result.query, work) }]
          : []),
        ...(proof === undefined
          ? []
          : [{ message: "Replaying the derivation", find: () => derivationReport(proof) }]),
        trace,
        ...(asked && graph.type === "admg"
          ? [
              {
                message: "Trying every missing arrow",
                find: () => bearingReport(graph, result.query, work, bearing),
              },
            ]
          : []),
      ];
    }
    case "not-identified":
      return [
        {
          message: "Looking for two models",
          find: () => twoModelsReport(graph, result, work, laws),
        },
        trace,
      ];
    default:
      return [trace];
  }
}

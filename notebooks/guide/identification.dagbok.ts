// dagbok notebook format=1 id=identificationguide title="May I conclude that? Identification by graphs"

// %% [markdown] id=intro
// # May I conclude that?
//
// Data show how things *go together*. What would happen if we *acted*, P(y | do(x)), is another question, and no
// amount of data answers it alone. A graph that says what may cause what sometimes does. **Identification** asks:
// do this graph and the law of the data together fix the answer? If they do, by which formula? If not, why not?
//
// Six graphs teach most of it. All are live: change an arrow in the drawing or in the text, and the answer below
// follows.

// %% [markdown] id=confoundingtext
// ## 1 · Confounding: block the back door
//
// Doctors give the treatment to the graver cases, and graver cases heal less often. `severity` is a common cause,
// so the treated differ from the untreated even where the treatment does nothing. Comparing like with like,
// severity by severity, removes the difference: the back-door formula.

// %% [graph] id=confounding name=clinic
// severity -> treatment, recovery
// treatment -> recovery

// %% [identify] id=backdoor
// backDoor = P(recovery | do(treatment)) in clinic

// %% [markdown] id=confoundingtry
// Open *Which missing arrows carry this claim* under the answer: the formula holds only because the graph says
// that **nothing else** causes both treatment and recovery. That is an assumption. Data cannot prove it.

// %% [markdown] id=mbiastext
// ## 2 · M-bias: leave it alone
//
// “Adjust for everything measured before the treatment” sounds safe. Here it is wrong. `tiredness` causes neither
// treatment nor outcome; it is an *effect* of two hidden things, one behind each of them. Left alone, the path
// through it is closed; held fixed, it opens, and makes a dependence that no cause explains.

// %% [graph] id=mbias name=mGraph
// stress -> smoking, tiredness
// illness -> tiredness, cancer
// smoking -> cancer
// stress [latent]
// illness [latent]

// %% [identify] id=mquestions
// mEffect = P(cancer | do(smoking)) in mGraph
// withoutIt = smoking _||_ tiredness in mGraph

// %% id=mcheck
import { isAdjustmentSet } from "dagbok/identify";
const effect = { treatment: "smoking", outcome: "cancer" };
const nothingWorks = isAdjustmentSet(mGraph, [], effect);
const tirednessWorks = isAdjustmentSet(mGraph, ["tiredness"], effect);
md`Adjusting for nothing is ${nothingWorks ? "right" : "wrong"}; adjusting for tiredness is **${tirednessWorks ? "right" : "wrong"}**.`

// %% [markdown] id=frontdoortext
// ## 3 · Front door: past a hidden confounder
//
// Suppose a gene makes people both smoke and fall ill, and nobody has measured it. No set of measured variables
// blocks the back door. Yet if smoking acts on cancer **only through tar**, and the gene does not act on tar, two
// clean steps can be put together: smoking to tar, and tar to cancer (with smoking held, which closes the way
// back). The formula is no adjustment at all.

// %% [graph] id=frontdoor name=tarGraph
// smoking -> tar -> cancer
// gene -> smoking, cancer
// gene [latent]

// %% [identify] id=frontquestion
// viaTar = P(cancer | do(smoking)) in tarGraph

// %% [markdown] id=trusttext
// Do not take the formula on trust. Draw a random world of this shape, let the formula see only what data would
// show, the law of smoking, tar and cancer, and compare it with what really happens when somebody intervenes:

// %% id=trust
import { evaluateEstimand, randomModel, truncatedFactorisation } from "dagbok/identify";
import { createRng } from "dagbok/math";
const worlds = [1, 2, 3, 4, 5].map((seed) => {
  const model = randomModel(tarGraph, createRng(seed));
  const seen = truncatedFactorisation(model);
  const acted = truncatedFactorisation(model, { smoking: 1 });
  const query = { kind: "probability", of: [{ variable: "cancer", value: { kind: "constant", value: 1 } }], given: [], do: [] } as const;
  return {
    world: seed,
    formula: viaTar.kind === "identified" ? evaluateEstimand(viaTar.estimand, seen, { smoking: 1, cancer: 1 }) : NaN,
    truth: evaluateEstimand(query, acted, {}),
  };
});
const worstError = Math.max(...worlds.map(({ formula, truth }) => Math.abs(formula - truth)));
tableOf({
  world: worlds.map((w) => w.world),
  "by the formula": worlds.map((w) => w.formula),
  "by acting": worlds.map((w) => w.truth),
})

// %% [markdown] id=napkintext
// ## 4 · The napkin: a formula nobody guesses
//
// Pearl’s example from the back of a napkin. No back door, no front door; still the effect is identified, by a
// quotient in which `w` is summed out of both parts. It must come out the same **for any value of `z`**: if it
// does not in your data, the graph is wrong. The derivation under the answer proves it with the three rules of
// the do-calculus, and a separate program replays every step.

// %% [graph] id=napkin name=napkinGraph
// w -> z -> x -> y
// w <-> x
// w <-> y

// %% [identify] id=napkinquestion
// napkin = P(y | do(x)) in napkinGraph

// %% [markdown] id=instrumenttext
// ## 5 · Instrument: not from the graph alone
//
// A coin decides who is *offered* the treatment; who takes it is their own choice, and what they choose for may
// also heal them. The coin is an **instrument**. Still the effect is *not identified*: the answer shows two
// worlds of this graph with the same data and different effects. Only more (linearity, or that nobody does the
// opposite of the offer) or less (a range instead of a number) helps.

// %% [graph] id=instrument name=trial
// offer -> taken -> healed
// taken <-> healed

// %% [identify] id=ivquestion
// ivEffect = P(healed | do(taken)) in trial

// %% [data] id=trialdata name=patients
// patients = table repeat count:
// offer, taken, healed, count
// 0, 0, 0, 300
// 0, 0, 1, 200
// 1, 0, 0, 140
// 1, 0, 1, 60
// 1, 1, 0, 60
// 1, 1, 1, 240

// %% [markdown] id=boundstext
// What a thousand patients say all the same. Nobody without an offer could take the treatment. With the graph the
// range is narrow; without the instrument, in the bow below, much wider.

// %% [identify] id=ivbounds
// narrow = bounds of P(healed=1 | do(taken=1)) in trial from patients

// %% [markdown] id=bowtext
// ## 6 · The bow: the smallest “no”
//
// One arrow and one hidden cause of both ends. This is what *“correlation is not causation”* looks like as a graph.
// Every “no” about an effect contains a structure of this kind, a **hedge**, marked in the drawing. Whoever says
// otherwise has drawn another graph.

// %% [graph] id=bow name=bowGraph
// taken -> healed
// taken <-> healed

// %% [identify] id=bowquestion
// bow = P(healed | do(taken)) in bowGraph
// wide = bounds of P(healed=1 | do(taken=1)) in bowGraph from patients

// %% [markdown] id=end
// ## Can the data speak against the graph?
//
// Sometimes. The trial’s graph says nothing that a test of independence could reject, but this one does: it claims
// that the offer matters for healing only through the treatment taken, and that nothing is hidden.

// %% [graph] id=bold name=boldGraph
// offer -> taken -> healed

// %% [identify] id=tests
// rejected = implications in boldGraph from patients

// %% [markdown] id=next
// Three habits to take along: **draw the graph before looking at the data; read what carries the claim; and count
// a “no” as an answer.** How large an identified effect is, and how sure, is the estimate cell’s business: see
// *Welcome* and the NHEFS guide.

// %% [$notebook]
// run=auto
// seed=1

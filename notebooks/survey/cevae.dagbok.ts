// dagbok notebook format=1 id=cevaesurvey title="CEVAE: a hidden confounder and its proxies"

// %% [markdown] id=intro
// # CEVAE: a hidden confounder and its proxies
//
// Often the confounder itself is not measured, but things that hang on it are: not wealth, but postcode, schooling and
// the number of cars. Adjusting for such proxies removes only a part of the confounding. Louizos and others (2017, *Causal
// effect inference with deep latent-variable models*) fit a latent variable $z$ that makes proxies, treatment and outcome
// independent of each other, by a variational autoencoder, and average the effect over $z$.
//
// **The paper’s claim.** The effect is recovered although the confounder is hidden, and the more proxies the better.

// %% [markdown] id=worldtext
// ## A world with a hidden class
//
// The generator of the paper’s section 4.1, as the pyro and causalml packages write it: a hidden class $z$ of two,
// five noisy proxies of it, a treatment that the class makes likelier, an outcome that both move. The effect is **0.726**.

// %% id=world
import { HIDDEN_CONFOUNDER_EFFECT, hiddenConfounderDesign } from "dagbok/judge";
import { problemOfDesign } from "dagbok/benchmark";
const truth = HIDDEN_CONFOUNDER_EFFECT;
const { table: people } = problemOfDesign(hiddenConfounderDesign(3000, createRng(11)));

// %% [graph] id=graph name=graph
// z -> x1, x2, x3, x4, x5, t, y; t -> y
// z [latent]

// %% [identify] id=effect
// effect = P(y | do(t)) in graph

// %% [markdown] id=idtext
// The graph alone does not identify the effect: with $z$ hidden no adjustment set is left, and other models of the same
// graph give the same data another effect. What CEVAE adds is an assumption about the *form* of the latent variable. The numbers below are
// therefore associations for the program, and only as good as that assumption.

// %% [estimate] id=adjusted
// adjusted = y ~ t | x1, x2, x3, x4, x5 from people by regression, aipw(seed: 1)

// %% [estimate] id=latent
// latent = y ~ t | x1, x2, x3, x4, x5 from people by latentClass(seed: 1), cevae(epochs: 20, pieces: 2, width: 32, seed: 1)

// %% id=compare
const rows = numbersOf(people, "t");
const outcome = numbersOf(people, "y");
const meanIn = (arm: number): number => {
  const own = outcome.filter((_, i) => rows[i] === arm);
  return own.reduce((sum, v) => sum + v / own.length, 0);
};
const crude = meanIn(1) - meanIn(0);
const answers = [
  { what: "difference of means", value: crude },
  { what: "adjusted for the proxies", value: adjusted[0].estimate },
  { what: "CEVAE", value: latent[1].estimate },
  { what: "two latent classes (EM)", value: latent[0].estimate },
];
display(chart({
  width: 420,
  height: { step: 28 },
  layer: [
    { data: { values: [{ at: truth }] }, mark: { type: "rule", strokeDash: [4, 3] }, encoding: { x: { field: "at", type: "quantitative" } } },
    { data: { values: answers }, mark: { type: "point", filled: true, size: 90 }, encoding: {
      y: { field: "what", type: "nominal", sort: null, title: null, axis: { labelLimit: 220 } },
      x: { field: "value", type: "quantitative", title: "effect (dashed: the truth)", scale: { zero: false } },
    } },
  ],
}, `Effect by each method: ${answers.map(({ what, value }) => `${what} ${value.toFixed(3)}`).join(", ")}; the truth is ${truth.toFixed(3)}.`));
md`The truth is **${truth.toFixed(3)}**. The plain difference is ${crude.toFixed(3)}, adjusting for the proxies gives ${adjusted[0].estimate.toFixed(3)}, CEVAE ${latent[1].estimate.toFixed(3)}, and a plain model of two classes ${latent[0].estimate.toFixed(3)}.`

// %% [markdown] id=findings
// ## What reproduces, and what does not
//
// * **That a hidden confounder can be made up for does**, when the model is right: a binary outcome given a Bernoulli likelihood,
//   and long training. Peers’ own notebooks on this very generator end at 0.82 to 0.88, no better than doing nothing, with
//   a normal outcome or too few epochs.
// * **A classical model does it better here.** Two latent classes by expectation–maximization, a method of the 1960s, take a second
//   and remove nearly all of the bias, because two classes is what there is. CEVAE’s case is where nobody knows the form.
// * **It is not identified in general.** Rissanen and Marttinen (2021) show worlds in which CEVAE converges to a wrong effect
//   however many rows there are. With fewer than three proxies the program warns; it cannot warn of a wrong form.
// * **On IHDP, without a hidden confounder,** it has nothing to gain: published root-PEHE 2.7, others’ runs 1.8 to 157.

// %% [$notebook]
// run=auto
// seed=1

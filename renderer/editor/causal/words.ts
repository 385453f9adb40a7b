/** Words of the causal languages, with what each does. The kernel's parsers are the law; this is their help text. */
export interface HelpWord {
  readonly word: string;
  readonly doc: string;
  /** What to write, when it is more than the word. */
  readonly insert?: string;
}

const w = (word: string, doc: string, insert?: string): HelpWord => ({
  word,
  doc,
  ...(insert === undefined ? {} : { insert }),
});

export const clauseWords: Readonly<Record<string, readonly HelpWord[]>> = {
  estimate: [
    w("from", "The table the rows come from."),
    w("by", "The method, or several with commas; options in brackets: aipw(folds: 5)."),
    w("for", "Over whom the effect is averaged: ATE, ATT, ATC, overlap, CATE, …"),
    w("terms", "More terms of the covariates: terms (age^2, age*sex).", "terms ()"),
    w("missing", "drop uses complete rows; refuse (the default) says what is missing."),
    w("comparing", "Two levels of a treatment that has several: comparing b with a."),
    w("trim", "Only units with a propensity in [0.1, 0.9]: trim (0.1).", "trim (0.1)"),
    w("at", "Discontinuity: the running variable and its cutoff, at score = 0."),
    w("over", "Panel: the columns of unit and time, over unit, time."),
    w("using", "Instruments: using z."),
    w("through", "Mediators: through m."),
  ],
  refute: [
    w("by", "The checks or analyses, with commas; repeats and seed of the last hold for all."),
    w("from", "The table, for an estimate that was copied and does not know its own."),
    w("refute", "Tries to break an estimate: refute ate by placebo, subset."),
    w(
      "sensitivity of",
      "How strong a hidden cause would have to be: sensitivity of ate by e-value.",
    ),
    w("placebo", "Treatment dealt out at random: the effect should vanish."),
    w("random common cause", "A column of noise adjusted for: the estimate should stay."),
    w("subset", "A share of the rows at a time: the estimate should stay."),
    w("dummy outcome", "Outcome dealt out at random: the effect should vanish."),
    w("simulated confounder", "A hidden cause added: how far it moves the estimate."),
    w("e-value", "Risk ratio a hidden cause would need with treatment and outcome."),
    w("rosenbaum", "Odds of treatment within pairs that the finding withstands."),
    w(
      "cinelli-hazlett",
      "Shares of variance a hidden cause would have to explain, with benchmarks.",
    ),
    w("omitted variables", "The same without a linear model."),
  ],
  benchmark: [
    w("on", "The sets of known truth: on ihdp, nie-wager-a(n: 500)."),
    w("replications", "How many (5), from and to (4-10), or a list (1, 3)."),
    w("seed", "Draws of the sets and of the methods follow from it; the notebook's when absent."),
    w("shard", "Only a part of the work: shard 2/8 is the second of eight."),
    w("ihdp", "747 children, 25 covariates, simulated scores; files 1 to 1000."),
    w("acic2016", "4,802 rows, 58 covariates with categories, ten responses."),
    w("twins", "11,984 pairs of twins, realised deaths."),
    w("realcause", "LaLonde–PSID with drawn outcomes, judged by the effect on the treated."),
    w("ihdp-like", "Drawn in the manner of IHDP; needs no file."),
    w("hidden-confounder", "A hidden cause with five proxies; needs no file."),
    w("nie-wager-a", "Hard baseline, easy effect; needs no file."),
    w("nie-wager-b", "A randomised experiment; needs no file."),
    w("nie-wager-c", "Confounded, effect 1 for all; needs no file."),
    w("nie-wager-d", "Arms that have nothing in common; needs no file."),
    w("kang-schafer", "No effect, distorted confounders; needs no file."),
  ],
  discover: [
    w("from", "The table that is searched."),
    w("columns", "The columns to search; all by default: columns (a, b, c).", "columns ()"),
    w("tiers", "Earlier to later: tiers (age, sex | smoking | cancer).", "tiers ()"),
    w("require", "Arrows that must be there: require (a -> b).", "require ()"),
    w("forbid", "Arrows that must not be there: forbid (b -> a).", "forbid ()"),
    w(
      "missing",
      "drop uses complete rows; testwise, what each test can; refuse says what is missing.",
    ),
    w("bootstrap", "How many times the rows are drawn again, for how stable each edge is."),
    w("seed", "Every draw follows from it; the notebook's when absent."),
    w("boss", "Score: best order with grow-shrink trees; the first to try. boss(penalty: 2)."),
    w("ges", "Score: greedy search over equivalence classes."),
    w("exact", "Score: the best of all graphs, up to about 20 columns."),
    w("pc", "Tests: PC, order-independent; no unmeasured common causes. pc(alpha: 0.01)."),
    w("fci", "Tests: with unmeasured common causes; gives a PAG."),
    w("rfci", "Tests: FCI with fewer of them."),
    w("cd-nod", "Tests: an environment column tells what changes."),
    w("boss-fci", "Score and tests: latent causes at scale."),
    w("gfci", "GES, then FCI."),
    w("direct-lingam", "Linear, not Gaussian: every arrow is decided."),
    w("ica-lingam", "Linear, not Gaussian, by independent components."),
    w("anm", "Additive noise: the direction between two columns."),
    w("var-lingam", "LiNGAM over time."),
    w("dagma", "Continuous relaxation, linear. Look at the order of variances."),
    w("notears", "Continuous relaxation, linear, the first of its kind."),
    w("golem-ev", "Continuous relaxation by likelihood, equal variances."),
    w("golem-nv", "Continuous relaxation by likelihood."),
    w("dagma-mlp", "Continuous relaxation with a small network a column."),
    w("notears-mlp", "The same by NOTEARS."),
    w("pcmci", "Time series: lagged causes by tests."),
    w("pcmci-plus", "Time series: lagged and simultaneous causes."),
    w("amortized", "A network trained on simulated graphs: probabilities at once."),
    w("attention", "Time series: causes with delays by attention, validated by shuffling."),
    w("gies", "Score, with rows from experiments."),
  ],
  identify: [
    w("in", "The graph the question is about."),
    w("do", "What is set by hand: do(x) or do(x=1).", "do()"),
    w(
      "given experiments on",
      "Laws at hand beside the observed one: given experiments on z and on w. With only, instead of it.",
      "given experiments on ",
    ),
    w(
      "from",
      "The population studied, to the one asked about: from trial to town; a table after bounds and implications.",
    ),
    w("to", "The population asked about: from trial to town except z."),
    w("except", "Variables that come about otherwise in the population studied: except z."),
    w("at", "Where an experiment was made: given experiments on x at trial and on z at town."),
    w("only", "The observed law is not at hand: given only experiments on z."),
    w("implications", "What the graph implies; held against rows with from data."),
    w(
      "bounds of",
      "The range that the rows leave open: bounds of P(y=1 | do(x=1)) in graph from data.",
    ),
  ],
  counterfactual: [
    w("in", "The model the question is about."),
    w("do", "What is set by hand.", "do()"),
  ],
  simulate: [
    w("from", "The model the rows are drawn from."),
    w("seed", "Every draw follows from it."),
    w("do", "Variables set by hand: do (x: 1).", "do (: )"),
  ],
  data: [
    w("else", "A table to fall back on when the file is not here."),
    w("where", "Rows to keep: where age > 30 and weight is not missing."),
    w("types", 'Types of columns: types sex(type: "category").'),
    w("missing", "Values that stand for missing: missing (-9).", "missing ()"),
    w("keep", "Columns to keep: keep (a, b).", "keep ()"),
    w("drop", "Columns to leave out: drop (a).", "drop ()"),
    w("repeat", "A column that counts how often its row is repeated."),
  ],
  graph: [
    w("latent", "Unmeasured: u [latent]."),
    w("selected", "Rows are here because of it: s [selected]."),
  ],
  model: [
    w("bernoulli", "0 or 1, with the probability of 1.", "bernoulli(0.5)"),
    w("categorical", "One of several levels, with their probabilities.", "categorical()"),
    w("normal", "Mean and standard deviation.", "normal(0, 1)"),
    w("uniform", "From and to.", "uniform(0, 1)"),
    w("exponential", "Rate.", "exponential(1)"),
    w(
      "logistic",
      "The logistic function of a number; as a distribution, location and scale.",
      "logistic()",
    ),
    w("laplace", "Location and scale.", "laplace(0, 1)"),
    w("latent", "Before a variable: it is not observed."),
    w("fit", "Mechanisms learned from rows along a graph: fit graph to data."),
  ],
};

export const targets: readonly HelpWord[] = [
  w("ATE", "Averaged over everybody."),
  w("ATT", "Averaged over the treated."),
  w("ATC", "Averaged over the untreated."),
  w("overlap", "Averaged where both treatments occur, with weights e(1 − e)."),
  w("CATE", "For each unit, given its covariates."),
  w("LATE", "Averaged over compliers (instrument)."),
  w("NDE", "The natural direct effect."),
  w("NIE", "The natural indirect effect."),
  w("TE", "The total effect, direct and indirect."),
  w("coefficient", "The coefficient of a partially linear model."),
  w("cutoff", "For units at the cutoff (discontinuity)."),
];

export const generalOptions: readonly (HelpWord & { readonly accepts: string })[] = [
  {
    ...w("seed", "Every draw follows from it; equal seeds give equal results."),
    accepts: "a whole number from 1",
  },
  { ...w("level", "Of the interval; 0.95 when absent."), accepts: "a number between 0 and 1" },
  {
    ...w("bootstrap", "Draws of the percentile bootstrap; 0 keeps the method's own errors."),
    accepts: "a whole number from 0",
  },
  {
    ...w(
      "overlap",
      "veto (the default) gives no answer without overlap; warn gives one all the same.",
    ),
    accepts: "veto, warn",
  },
];

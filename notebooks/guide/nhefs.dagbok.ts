// dagbok notebook format=1 id=nhefsguide title="Adjustment: quitting smoking and weight"

// %% [markdown] id=intro
// # Adjustment: does quitting smoking make people gain weight?
//
// Hernán and Robins, *Causal Inference: What If*, chapters 12 and 13, on the NHANES I follow-up study: 1,566
// smokers of 1971, of whom 403 had quit by 1982. Outcome: change of weight in kg.
//
// First a made-up world like it, where the answer is known; then the real survey.

// %% [markdown] id=worldtext
// ## A world we know
//
// Quitting adds exactly **3.5 kg** here, for everybody. Older people quit more often and gain less anyway, so those who
// quit are not like those who go on.

// %% [model] id=standin name=standIn
// age = 43 + 12*u_age; u_age ~ normal(0, 1)
// sex ~ bernoulli(0.51)
// race ~ bernoulli(0.13)
// wt71 = 71 - 11*sex + 13*u_wt; u_wt ~ normal(0, 1)
// smokeintensity = 20.5 + 8*u_si; u_si ~ normal(0, 1)
// smokeyrs = 0.8*age - 10 + 5*u_sy; u_sy ~ normal(0, 1)
// qsmk ~ bernoulli(logistic(-1.9 + 0.03*age - 0.3*sex - 0.02*smokeintensity))
// wt82_71 = 8 + 3.5*qsmk - 0.1*age - 0.06*wt71 + 0.03*smokeintensity + 7*u_y; u_y ~ normal(0, 1)

// %% [simulate] id=manydraw
// many = 8000 from standIn seed 4

// %% [graph] id=worldgraph name=world
// age -> qsmk, wt82_71
// sex -> qsmk, wt71
// wt71 -> wt82_71
// smokeintensity -> qsmk, wt82_71
// qsmk -> wt82_71

// %% [identify] id=worldeffect
// worldEffect = P(wt82_71 | do(qsmk)) in world

// %% [estimate] id=plain
// plain = wt82_71 ~ qsmk from many by regression

// %% [estimate] id=known
// known = worldEffect from many by regression, ipw, aipw, tmle

// %% id=worldtruth
const [adjusted] = known;
md`A plain comparison says **${plain.estimate.toFixed(2)} kg**, with an interval that ends at ${plain.interval.high.toFixed(2)}. Adjusted, it is **${adjusted.estimate.toFixed(2)} kg** (${adjusted.interval.low.toFixed(2)} to ${adjusted.interval.high.toFixed(2)}), and the truth is 3.5.`

// %% [markdown] id=lookingtext
// ## What to look at before believing it
//
// Four methods agree because the two things they need are there, and both can be seen above:
//
// * **Overlap.** Quitters (above the line) and the others (below it) share their range of propensities, so each has
//   somebody like them on the other side.
// * **Balance.** Before weighting, the arms differ most in age. After it, no covariate differs by more than a tenth of a
//   standard deviation.
//
// What cannot be seen is whether something was left out of the graph.

// %% [markdown] id=nobodytext
// ## When there is nobody to compare with
//
// Suppose doctors send nearly everybody above fifty to a clinic that makes them quit. There is then no older smoker left
// to say what would have happened otherwise. The answer is that there is none, and how far the question has to be
// narrowed until there is one.

// %% [model] id=clinic name=clinic
// age = 43 + 12*u_age; u_age ~ normal(0, 1)
// smokeintensity = 20.5 + 8*u_si; u_si ~ normal(0, 1)
// qsmk ~ bernoulli(logistic(0.5*(age - 50)))
// wt82_71 = 8 + 3.5*qsmk - 0.1*age + 0.03*smokeintensity + 7*u_y; u_y ~ normal(0, 1)

// %% [simulate] id=clinicdraw
// patients = 3000 from clinic seed 3

// %% [graph] id=clinicgraph name=clinicGraph
// age, smokeintensity -> qsmk, wt82_71
// qsmk -> wt82_71

// %% [identify] id=cliniceffect
// clinicEffect = P(wt82_71 | do(qsmk)) in clinicGraph

// %% [estimate] id=nobody
// nobody = clinicEffect from patients by aipw

// %% [estimate] id=narrowed
// narrowed = clinicEffect from patients by aipw
//   trim (0.1)

// %% [markdown] id=realtext
// ## The real survey
//
// The real file is used when it is attached or when the catalogue has it (`dagbok data add nhefs`); otherwise 1,566 rows
// of the made-up world stand in for it, so that the notebook always runs.

// %% [simulate] id=draw
// simulated = 1566 from standIn seed 11

// %% [data] id=data
// nhefs = "nhefs.csv" else simulated
//   types education(type: "category"), exercise(type: "category"), active(type: "category")
//   where wt82_71 is not missing

// %% [markdown] id=graphtext
// ### The assumption
//
// Nine things measured in 1971 are taken to be all the common causes of quitting and of weight gain.

// %% id=columns
const full = nhefs.columns.some((column) => column.name === "education");
const causes = full
  ? ["sex", "race", "age", "education", "smokeintensity", "smokeyrs", "exercise", "active", "wt71"]
  : ["sex", "race", "age", "smokeintensity", "smokeyrs", "wt71"];
const assumed = parseGraph(`${causes.map((name) => `${name} -> qsmk, wt82_71`).join("; ")}; qsmk -> wt82_71`);
display(assumed);

// %% [identify] id=effect
// effect = P(wt82_71 | do(qsmk)) in assumed

// %% [markdown] id=estimatetext
// ### The number, four ways
//
// With squares of the continuous causes, as in the book. The book's inverse-probability estimate is 3.44 kg,
// its standardised one 3.52 kg.

// %% [estimate] id=estimate
// ate = effect from nhefs by regression, ipw, aipw(folds: 1), tmle
//   terms (age^2, wt71^2, smokeintensity^2, smokeyrs^2)

// %% id=answer
const byMethod = Object.fromEntries(ate.map((one) => [one.method, one.estimate]));

// %% [$notebook]
// run=auto
// seed=1

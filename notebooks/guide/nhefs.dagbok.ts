// dagbok notebook format=1 id=nhefsguide title="Adjustment: quitting smoking and weight"

// %% [markdown] id=intro
// # Adjustment: does quitting smoking make people gain weight?
//
// Hernán and Robins, *Causal Inference: What If*, chapters 12 and 13, on the NHANES I follow-up study: 1,566
// smokers of 1971, of whom 403 had quit by 1982. Outcome: change of weight in kg.
//
// The real file is used when it is attached or when the catalogue has it (`dagbok data add nhefs`); otherwise
// the notebook draws a simulated stand-in with a known effect of 3.5 kg, so that it always runs.

// %% [model] id=standin name=standIn
// age = 43 + 12*u_age; u_age ~ normal(0, 1)
// sex ~ bernoulli(0.51)
// race ~ bernoulli(0.13)
// wt71 = 71 - 11*sex + 13*u_wt; u_wt ~ normal(0, 1)
// smokeintensity = 20.5 + 8*u_si; u_si ~ normal(0, 1)
// smokeyrs = 0.8*age - 10 + 5*u_sy; u_sy ~ normal(0, 1)
// qsmk ~ bernoulli(logistic(-1.9 + 0.03*age - 0.3*sex - 0.02*smokeintensity))
// wt82_71 = 8 + 3.5*qsmk - 0.1*age - 0.06*wt71 + 0.03*smokeintensity + 7*u_y; u_y ~ normal(0, 1)

// %% [simulate] id=draw
// simulated = 1566 from standIn seed 11

// %% [data] id=data
// nhefs = "nhefs.csv" else simulated
//   types education(type: "category"), exercise(type: "category"), active(type: "category")
//   where wt82_71 is not missing

// %% [markdown] id=graphtext
// ## The assumption
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
// ## The number, four ways
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

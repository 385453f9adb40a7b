// dagbok notebook format=1 id=welcomeguide title="Welcome to Dagbok"

// %% [markdown] id=hello
// # Welcome to Dagbok
//
// A notebook for causal questions. Press **Run all** (or Shift+Enter in each cell), then move the slider, change
// an arrow, and watch what depends on it follow, and nothing else.
//
// Everything here runs on your machine; nothing is sent anywhere.

// %% id=slider
const strength = view(Inputs.range([0, 3], { step: 0.1, value: 1.5, label: "strength of the confounder" }));

// %% [markdown] id=modeltext
// ## A world we know
//
// In this made-up world, *fitness* makes people more likely to take up *training* and lowers their *pressure*
// anyway. Training itself lowers it by exactly 2. The slider says how strongly fitness confounds the two.

// %% [model] id=world name=world
// fitness ~ normal(0, 1)
// training ~ bernoulli(logistic(${strength}*fitness))
// pressure = 10 - 2*training - ${strength}*fitness + u_p; u_p ~ normal(0, 1)

// %% [simulate] id=draw
// survey = 1500 from world seed 7

// %% [markdown] id=graphtext
// ## The graph
//
// What we are willing to assume. Try to remove the arrow from fitness to training, or make fitness unmeasured by
// adding `fitness [latent]` on a line of its own.

// %% [graph] id=graph name=assumed
// fitness -> training, pressure
// training -> pressure

// %% [markdown] id=identifytext
// ## May we conclude anything?

// %% [identify] id=effect
// effect = P(pressure | do(training)) in assumed

// %% [markdown] id=estimatetext
// ## How large is it?
//
// Three classical estimators and, below, a small neural network (Dragonnet) with its loss while it trains.

// %% [estimate] id=estimate
// ate = effect from survey by regression, ipw, aipw(seed: 1)

// %% [estimate] id=neural
// net = effect from survey by dragonnet(epochs: 30, folds: 2, batchSize: 256, seed: 3)

// %% id=naive
const takers = rowsOf(survey);
const meanOf = (training: number): number => {
  const some = takers.filter((row) => row.training === training);
  return some.reduce((sum, row) => sum + Number(row.pressure), 0) / some.length;
};
const naive = meanOf(1) - meanOf(0);
md`Comparing takers with non-takers gives **${naive.toFixed(2)}**; the truth is **−2**.`

// %% [markdown] id=imaginetext
// ## What would have been?
//
// Somebody trained, is of average fitness, and has a pressure of 9. What would it have been without training?

// %% [counterfactual] id=imagine
// E[pressure | training=1] in world
// E[pressure | do(training=1)] in world
// without = E[pressure_{training=0} | training=1, pressure=9, fitness=0] in world

// %% [$notebook]
// run=auto
// seed=1

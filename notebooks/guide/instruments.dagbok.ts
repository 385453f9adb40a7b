// dagbok notebook format=1 id=instrumentsguide title="Instruments: schooling and wages"

// %% [markdown] id=intro
// # Instruments: what does a year of school earn?
//
// People who stay in school longer differ in ways nobody measured, and those differences also move wages. Adjusting
// for what was measured is then not enough. An **instrument** helps: something that moves schooling, is as good as
// random, and reaches wages through schooling only. Growing up near a college is the classic candidate (Card 1995).
//
// First a made-up world, where the answer is known. Then the real survey.

// %% [markdown] id=worldtext
// ## A world we know
//
// A year of school raises the logarithm of the wage by exactly **0.10** here. Ability is hidden: it lengthens
// schooling and raises wages as well. Living near a college adds a year of school and does nothing else.

// %% [model] id=world name=world
// ability ~ normal(0, 1)
// near ~ bernoulli(0.5)
// educ = 12 + near + ability + u_e; u_e ~ normal(0, 1)
// lwage = 5 + 0.1*educ + 0.3*ability + 0.4*u_w; u_w ~ normal(0, 1)

// %% [simulate] id=draw
// sample = 3000 from world seed 3

// %% [graph] id=graph name=schooling
// ability [latent]
// ability -> educ, lwage
// near -> educ
// educ -> lwage

// %% [identify] id=effect
// effect = P(lwage | do(educ)) in schooling

// %% [markdown] id=notidentified
// The graph alone does not settle it: with ability hidden, two worlds can agree on everything observable and differ
// in the effect. The instrument settles it only together with one more promise: the effect is the same for everybody,
// or the instrument moves nobody the wrong way (then the answer is about those it moves, the *compliers*).

// %% [markdown] id=comparetext
// ## Least squares and two stages
//
// Least squares credits school with what ability did. Two-stage least squares uses only the part of schooling that
// distance explains. Look at the **first stage** below the number: if distance hardly moved schooling, nothing
// could be learned from it.

// %% [estimate] id=naive
// naive = lwage ~ educ from sample by regression

// %% [estimate] id=iv
// iv = effect from sample by 2sls

// %% id=world-truth
const truth = 0.1;
md`The truth is **${truth.toFixed(2)}**. Least squares says **${naive.estimate.toFixed(3)}**, two stages **${iv.estimate.toFixed(3)}** (${iv.interval.low.toFixed(3)} to ${iv.interval.high.toFixed(3)}).`

// %% [markdown] id=weaktext
// ## When the instrument is weak
//
// Now distance moves schooling by a twentieth of a year. The usual interval can miss the truth far more often than
// it promises, because it takes the first stage for known. The **Anderson–Rubin set** keeps its promise however weak
// the instrument is; it may be very wide, or the whole line, and that is then the honest answer. As a rule, look
// at it whenever the first-stage F is below 10.

// %% [model] id=weakworld name=weakWorld
// ability ~ normal(0, 1)
// near ~ bernoulli(0.5)
// educ = 12 + 0.05*near + ability + u_e; u_e ~ normal(0, 1)
// lwage = 5 + 0.1*educ + 0.3*ability + 0.4*u_w; u_w ~ normal(0, 1)

// %% [simulate] id=weakdraw
// weakSample = 3000 from weakWorld seed 5

// %% [estimate] id=weak
// weak = effect from weakSample by 2sls

// %% [markdown] id=complierstext
// ## Whose effect?
//
// With a yes/no treatment and effects that differ between people, the instrument answers for the **compliers**: those
// who take the treatment because of the instrument. Here a voucher moves half of the people into training. The effect
// is 2 for those it moves, 0 for those who train anyway or never, so the average over all is 1.

// %% [model] id=voucherworld name=voucherWorld
// age = 40 + 10*u_a; u_a ~ normal(0, 1)
// voucher ~ bernoulli(logistic(0.03*(age - 40)))
// complier ~ bernoulli(0.5)
// eager ~ bernoulli(0.3)
// training = complier*voucher + (1 - complier)*eager
// income = 20 + 0.1*age + 2*complier*training + 3*eager + u_y; u_y ~ normal(0, 1)

// %% [simulate] id=voucherdraw
// voucherSample = 4000 from voucherWorld seed 9

// %% [estimate] id=late
// late = income ~ training | age using voucher from voucherSample by 2sls, iivm(seed: 1)

// %% [markdown] id=voucherresult
// Both methods come close to 2, the effect on compliers. Neither says anything about the others: that would need
// another instrument, or another promise.

// %% [markdown] id=realtext
// ## The real survey
//
// Card's file: 3,010 men of the National Longitudinal Survey, their wages in 1976, and whether they grew up near a
// four-year college. It is used when attached or in the catalogue (`dagbok data add card`); otherwise a stand-in
// with the same columns and a true effect of 0.10, so that the notebook always runs.

// %% id=standin
const standIn = (() => {
  const rng = createRng(21);
  const regions = ["reg662", "reg663", "reg664", "reg665", "reg666", "reg667", "reg668", "reg669"];
  const names = ["lwage", "educ", "nearc4", "nearc2", "exper", "expersq", "black", "smsa", "south", "smsa66", ...regions];
  const columns: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let i = 0; i < 3010; i++) {
    const ability = rng.normal();
    const chance = (p: number): number => (rng.next() < p ? 1 : 0);
    const [black, south, smsa66] = [chance(0.23), chance(0.4), chance(0.65)];
    const smsa = chance(0.3 + 0.6 * smsa66);
    const nearc4 = chance(0.35 + 0.45 * smsa66);
    const nearc2 = chance(0.44);
    const educ = Math.round(12.3 + 1.1 * nearc4 + 0.3 * nearc2 - 0.8 * black - 0.4 * south + 1.4 * ability + 1.6 * rng.normal());
    const age = 24 + Math.floor(11 * rng.next());
    const exper = Math.max(0, age - educ - 6);
    const lwage =
      4.7 + 0.1 * educ + 0.08 * exper - 0.0022 * exper ** 2 - 0.15 * black - 0.1 * south + 0.12 * smsa + 0.12 * ability + 0.35 * rng.normal();
    const region = Math.floor(9 * rng.next());
    const row = [lwage, educ, nearc4, nearc2, exper, exper ** 2, black, smsa, south, smsa66];
    [...row, ...regions.map((_, k) => (k === region ? 1 : 0))].forEach((value, k) => columns[names[k]].push(value));
  }
  return tableOf(columns);
})();

// %% [data] id=data
// card = "card.csv" else standIn

// %% [markdown] id=cardtext
// With Card's controls, least squares gives about 7 % a year and the instrument about 13 %, with an interval five to
// fifteen times as wide. A second instrument, a two-year college nearby, changes it little; its Sargan test asks whether
// the two tell the same story.

// %% [estimate] id=ols
// ols = lwage ~ educ | exper, expersq, black, smsa, south, smsa66, reg662, reg663, reg664, reg665, reg666, reg667, reg668, reg669
//   from card by regression(errors: "classical")

// %% [estimate] id=oneinstrument
// one = lwage ~ educ | exper, expersq, black, smsa, south, smsa66, reg662, reg663, reg664, reg665, reg666, reg667, reg668, reg669
//   using nearc4 from card by 2sls(errors: "classical")

// %% [estimate] id=twoinstruments
// two = lwage ~ educ | exper, expersq, black, smsa, south, smsa66, reg662, reg663, reg664, reg665, reg666, reg667, reg668, reg669
//   using nearc2, nearc4 from card by 2sls(errors: "classical"), 2sls(estimator: "liml", errors: "classical")

// %% [markdown] id=end
// ## Before you believe it
//
// * *Relevance* can be seen: first-stage F.
// * *Exclusion* and *as good as random* cannot. Families near colleges may differ, and colleges may do more for a town
//   than teach. What would have to be true is listed under each estimate; argue about that, not about the digits.

// %% [$notebook]
// run=auto
// seed=1

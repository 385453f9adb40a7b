// dagbok notebook format=1 id=snetsurvey title="SNet: which covariate serves what"

// %% [markdown] id=intro
// # SNet: which covariate serves what
//
// Curth and van der Schaar (2021, *Nonparametric estimation of heterogeneous treatment effects*) split the representation
// into five: for the outcome under treatment alone, for the other outcome alone, for both, for the treatment alone, and for
// all three. A penalty keeps the parts on different covariates. What only moves treatment (an instrument, say) then need not
// disturb the outcomes, and what moves one outcome need not disturb the other.
//
// **The paper’s claim.** The learner that shares just what is to be shared is the best or near it on every kind of set.

// %% [markdown] id=boardtext
// ## Beside TARNet
//
// TARNet shares everything between the outcomes. *IHDP-like* is made of one sum of covariates that both outcomes share, and of
// a treatment that hangs on some of them. Small nets and 400 rows, so that it takes seconds.

// %% [benchmark] id=board
// board = regression, tarnet(epochs: 50, folds: 2, width: 50, learningRate: 0.003),
//     snet(epochs: 50, folds: 2, width: 50, ownWidth: 25, learningRate: 0.003)
//   on ihdp-like(n: 400)
//   replications 2
//   seed 1

// %% id=gain
const errorOf = (set: string, method: string): number =>
  board.standings.find((one) => one.set === set && one.method.startsWith(method))!.rootPehe!.mean;
const share = errorOf("ihdp-like(n: 400)", "snet") / errorOf("ihdp-like(n: 400)", "tarnet");
const averageOf = (method: string): number => board.standings.find((one) => one.method.startsWith(method))!.ateError!.mean;
const seconds = board.standings.find(({ method }) => method.startsWith("snet"))!.seconds.median
  / board.standings.find(({ method }) => method.startsWith("tarnet"))!.seconds.median;
md`SNet’s root-PEHE is **${share.toFixed(2)}** of TARNet’s, for **${seconds.toFixed(1)}** times the time. Its error of the average is **${averageOf("snet").toFixed(2)}**, TARNet’s **${averageOf("tarnet").toFixed(2)}**.`

// %% [markdown] id=findings
// ## What reproduces, and what does not
//
// * **It is the best of the nets on IHDP** in our runs of the published code (0.39 on the mean of files 1 to 3). On the two small draws above it is *not*
//   ahead of TARNet for single effects: its gain is of the size of the differences between draws, and it wants more training.
// * **The average gains more.** The part that serves the treatment gives a propensity of the net’s own, and the doubly robust average is nearer
//   to the truth than with TARNet, whose propensity is a separate logistic one.
// * **With the published torch code’s default it is not.** Batch normalisation is on there, and its validation passes run in
//   training mode: root-PEHE 7 to 10. Switched off, the figures of the paper (made with other code) come back.
// * It takes several times the steps and the time of TARNet, and its parts are not a proof of which covariate does what: the
//   penalty asks for little overlap, and gets some.

// %% [$notebook]
// run=auto
// seed=1

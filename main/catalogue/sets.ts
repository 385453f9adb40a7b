import type { DataFile } from "./data-file.ts";
import { knownFiles } from "./known-files.ts";

/** A number that somebody has found on the set, to compare with. */
export interface Reference {
  readonly what: string;
  readonly value: string;
}

export interface DataSet {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly source: string;
  readonly licence: string;
  readonly columns: string;
  readonly references: readonly Reference[];
  readonly files: readonly DataFile[];
  /** Makes the known file of what its address serves. */
  readonly convert?: (text: string) => string;
}

const IHDP_COLUMNS = [
  "treatment",
  "y_factual",
  "y_cfactual",
  "mu0",
  "mu1",
  ...Array.from({ length: 25 }, (_, i) => `x${i + 1}`),
];

const described: readonly Omit<DataSet, "files">[] = [
  {
    name: "ihdp",
    title: "IHDP, semi-synthetic, replications 1–10",
    about:
      "Infant Health and Development Program: 747 infants, 139 treated, real covariates, simulated outcomes with known potential means.",
    source: "Hill (2011), JCGS 20(1); NPCI setting A, as in github.com/victor5as/RieszLearning",
    licence: "MIT (repository); public trial data",
    columns:
      "treatment, y_factual, y_cfactual, mu0, mu1, x1–x6 continuous, x7–x25 binary (x14 is 1/2)",
    references: [
      {
        what: "sample ATE of replications 1–10",
        value: "4.0161 4.0508 4.0992 4.2737 4.1624 4.0040 3.9905 3.8537 10.4660 4.5860",
      },
      { what: "ATT in every replication", value: "4.0000" },
    ],
    convert: (text) => `${IHDP_COLUMNS.join(",")}\n${text.replaceAll(" ", ",")}`,
  },
  {
    name: "nhefs",
    title: "NHEFS: quitting smoking and weight",
    about:
      "1,629 smokers of the NHANES I follow-up; the running example of Hernán and Robins, What If.",
    source: "Hernán & Robins, Causal Inference: What If; as in github.com/NickCH-K/causaldata",
    licence: "MIT (repository); US government data",
    columns:
      "qsmk (treatment), wt82_71 (outcome, kg), sex, race, age, education, smokeintensity, smokeyrs, exercise, active, wt71, …",
    references: [
      { what: "naive difference (n = 1566)", value: "2.5406" },
      { what: "IPW ATE, What If ch. 12", value: "3.4405 (95% 2.4106–4.4705)" },
      { what: "g-formula ATE, What If ch. 13", value: "3.5174" },
    ],
  },
  {
    name: "lalonde",
    title: "LaLonde / NSW job training, with PSID and CPS comparison groups",
    about: "A randomised programme and observational comparison groups: how far adjustment gets.",
    source: "LaLonde (1986); Dehejia & Wahba (1999, 2002); as in github.com/bradyneal/realcause",
    licence: "MIT (repository); released publicly by R. Dehejia",
    columns:
      "treat, age, education, black, hispanic, married, nodegree, [re74], re75, re78 (outcome, dollars)",
    references: [
      { what: "experimental ATE, nsw_dw", value: "1794.342 (HC2 670.997)" },
      { what: "experimental ATE, nsw", value: "886.304 (488.205)" },
    ],
  },
  {
    name: "card",
    title: "Card: returns to schooling",
    about: "3,010 men; growing up near a college as an instrument for schooling.",
    source: "Card (1995); as in github.com/py-why/EconML",
    licence: "MIT (repository)",
    columns:
      "lwage (outcome), educ (treatment), nearc4, nearc2 (instruments), exper, black, south, smsa, …",
    references: [
      { what: "OLS", value: "0.074693 (0.003498)" },
      { what: "2SLS with nearc4", value: "0.131504 (0.054964)" },
    ],
  },
  {
    name: "ak91",
    title: "Angrist & Krueger: quarter of birth and schooling",
    about: "329,509 men born 1930–39; the quarter of birth as a (weak) instrument.",
    source: "Angrist & Krueger (1991); as in github.com/jrnold/masteringmetrics",
    licence: "MIT (repository); US census public-use sample",
    columns: "lnw (outcome), s (treatment), qob (instrument), yob, sob, age",
    references: [
      { what: "OLS", value: "0.070851 (0.000339)" },
      { what: "Wald, fourth quarter", value: "0.073959 (0.028033)" },
    ],
  },
  {
    name: "mpdta",
    title: "Minimum wages and teen employment in counties",
    about: "500 counties 2003–2007 with staggered treatment, for difference-in-differences.",
    source: "Callaway & Sant'Anna (2021); as in github.com/d2cml-ai/csdid",
    licence: "MIT (repository)",
    columns: "year, countyreal, lpop, lemp (outcome), first.treat, treat",
    references: [
      { what: "simple aggregate ATT", value: "-0.03995" },
      { what: "dynamic aggregate ATT", value: "-0.0772" },
    ],
  },
  {
    name: "prop99",
    title: "California Proposition 99",
    about: "Cigarette packs per head in 39 states 1970–2000; the synthetic-control example.",
    source: "Abadie, Diamond & Hainmueller (2010); as in github.com/synth-inference/synthdid",
    licence: "BSD-3-Clause (repository)",
    columns: "State; Year; PacksPerCapita (outcome); treated",
    references: [
      { what: "difference in differences", value: "-27.3491" },
      { what: "synthetic control", value: "-19.587" },
      { what: "synthetic difference in differences", value: "-15.6038" },
    ],
  },
  {
    name: "darfur",
    title: "Darfur: exposure to violence and attitudes to peace",
    about: "1,276 survey answers; the example of sensitivity analysis by partial R².",
    source: "Hazlett (2019); Cinelli & Hazlett (2020); as in github.com/nlapier2/PySensemakr",
    licence: "MIT (repository)",
    columns:
      "peacefactor (outcome), directlyharmed (treatment), age, farmer_dar, herder_dar, pastvoted, hhsize_darfur, female, village, …",
    references: [
      { what: "OLS with village effects", value: "0.097316 (0.023257)" },
      { what: "robustness value, q = 1", value: "0.138776" },
    ],
  },
  {
    name: "401k",
    title: "401(k) eligibility and financial assets",
    about: "9,915 households (SIPP 1991); the example of double machine learning.",
    source: "Chernozhukov et al. (2018); as in github.com/VC2015/DMLonGitHub",
    licence: "MIT style (repository)",
    columns:
      "net_tfa (outcome), e401 (eligibility), p401 (participation), age, inc, educ, fsize, marr, twoearn, db, pira, hown",
    references: [
      { what: "naive difference", value: "19559.3" },
      { what: "OLS with linear covariates", value: "5896.2" },
      { what: "cross-fitted AIPW, forests", value: "8019 (1116)" },
    ],
  },
  {
    name: "twins",
    title: "Twins: birth weight and mortality",
    about: "11,984 pairs of low-birth-weight twins; both outcomes known, treatment simulated.",
    source:
      "Almond, Chay & Lee (2005); Louizos et al. (2017); as in github.com/bradyneal/realcause",
    licence: "MIT (repository); US NCHS public use, statistical use only",
    columns: "T, y0, y1, yf, y_cf, Propensity and 75 covariates",
    references: [{ what: "sample ATE", value: "-0.02520" }],
  },
  {
    name: "acic2016",
    title: "ACIC 2016 challenge, ten settings",
    about:
      "4,802 units with 58 real covariates and ten simulated responses with known potential outcomes.",
    source: "Dorie et al. (2019); as in github.com/BiomedSciAI/causallib",
    licence: "Apache-2.0 (repository)",
    columns: "x.csv: x_1–x_58 (x_2, x_21, x_24 categorical); zymu_N.csv: z, y0, y1, mu0, mu1",
    references: [
      {
        what: "SATE of files 1–10",
        value: "2.1281 4.6792 4.7518 4.7960 3.3530 2.9275 3.9487 1.5211 3.7994 4.2234",
      },
    ],
  },
  {
    name: "lmb",
    title: "US House elections and roll-call votes",
    about: "13,588 races; close elections as a regression discontinuity.",
    source: "Lee, Moretti & Butler (2004); as in github.com/NickCH-K/causaldata",
    licence: "MIT (repository)",
    columns:
      "score (outcome), lagdemvoteshare (running), lagdemocrat, democrat, demvoteshare, state, district, id, year",
    references: [{ what: "score on lagdemocrat, ±2 %", value: "21.2839 (1.9512)" }],
  },
  {
    name: "mlda",
    title: "Minimum legal drinking age and mortality",
    about: "Deaths per 100,000 in 50 cells of age around 21.",
    source: "Carpenter & Dobkin (2009); as in github.com/jrnold/masteringmetrics",
    licence: "MIT (repository)",
    columns: "agecell (running, cutoff 21), all (outcome), internal, external, alcohol, mva, …",
    references: [
      { what: "jump in all, linear", value: "7.6627 (1.4403)" },
      { what: "jump in all, interacted quadratic", value: "9.5478 (1.9853)" },
    ],
  },
  {
    name: "castle",
    title: "Castle-doctrine laws and homicide",
    about: "50 states 2000–2010 with staggered adoption.",
    source: "Cheng & Hoekstra (2013); as in github.com/NickCH-K/causaldata",
    licence: "MIT (repository)",
    columns: "l_homicide (outcome), post (treatment share), sid, year, popwt, leads and lags, …",
    references: [{ what: "two-way fixed effects, weighted", value: "0.07553 (0.0348)" }],
  },
  {
    name: "sachs",
    title: "Sachs: protein signalling in single cells",
    about: "7,466 cells, 11 phospho-proteins, nine conditions; reference graphs for discovery.",
    source: "Sachs et al. (2005), Science 308; as in github.com/cmu-phil/example-causal-datasets",
    licence: "CC0 1.0 (repository)",
    columns: "Raf, Mek, Plcg, PIP2, PIP3, Erk, Akt, PKA, PKC, P38, Jnk, condition",
    references: [
      {
        what: "consensus graph",
        value: "17 edges; its equivalence class is completely undirected",
      },
    ],
  },
  {
    name: "bn",
    title: "Samples of discrete Bayesian networks",
    about: "Forward samples of asia, child, sachs and alarm, with the structures of 24 networks.",
    source: "bnlearn Bayesian Network Repository (M. Scutari); as in github.com/pgmpy/pgmpy",
    licence: "attribution to the repository; samples and edge lists are facts",
    columns: "one column per node, states as text",
    references: [
      { what: "BIC of the true asia graph, 5,000 rows", value: "-11152.7060" },
      { what: "BIC of the true alarm graph, 5,000 rows", value: "-54555.4104" },
    ],
  },
  {
    name: "realcause",
    title: "RealCause: LaLonde–PSID with known potential outcomes",
    about: "Five samples of 2,675 units from a generative model fitted to LaLonde–PSID.",
    source: "Neal, Huang & Raghupathi (2020); as in github.com/bradyneal/realcause",
    licence: "MIT (repository)",
    columns: "age, education, black, hispanic, married, nodegree, re74, re75, t, y, y0, y1, ite",
    references: [{ what: "true ATT of samples 0–4", value: "871.5 391.4 1424.2 2487.5 3659.8" }],
  },
  {
    name: "lucas",
    title: "LUCAS: lung cancer, simple, numeric",
    about: "500 rows of 11 standardised variables with the graph that made them; for teaching.",
    source: "Causality Workbench; as in github.com/FenTechSolutions/CausalDiscoveryToolbox",
    licence: "MIT (repository)",
    columns: "11 standardised variables; edges.csv: Cause, Effect, Score",
    references: [{ what: "edges of the graph", value: "12" }],
  },
  {
    name: "cladder",
    title: "CLadder: causal questions on three rungs",
    about: "500 yes-or-no questions over binary structural models, and the models.",
    source: "Jin et al. (2023), NeurIPS; as in github.com/causalNLP/cladder",
    licence: "MIT, © 2023 CausalNLP",
    columns: "questions.json and models.json",
    references: [
      {
        what: "questions",
        value: "500; use the recomputed answers, some published ones are wrong",
      },
    ],
  },
];

/** Known public sets. None is shipped: each is fetched from its maker or taken from a file, and checked. */
export const dataSets: readonly DataSet[] = described.map((set) => ({
  ...set,
  files: knownFiles(set.name),
}));

import type { DataFile } from "./data-file.ts";

// Name, SHA-256, size in bytes, and an address where its maker publishes it as it is (or as `convert` makes it).
type Row = readonly [name: string, sha256: string, bytes: number, url?: string];

const rows: Readonly<Record<string, readonly Row[]>> = {
  acic2016: [
    [
      "x.csv",
      "0d6387ad45d23e54b11cbf967248fb68ad5e578db80d193208b8b4c98b1ed0c1",
      697786,
      "https://raw.githubusercontent.com/BiomedSciAI/causallib/HEAD/causallib/datasets/data/acic_challenge_2016/x.csv",
    ],
    [
      "zymu_1.csv",
      "002fad96bb55d54edec08a0af46ef4f8ad69e0cfe6294ab48f351f22976a6e76",
      339560,
      "https://raw.githubusercontent.com/BiomedSciAI/causallib/HEAD/causallib/datasets/data/acic_challenge_2016/zymu_1.csv",
    ],
    [
      "zymu_2.csv",
      "bc3a03bb461bb1629add09c01dfc77053cf36e8faf8e48a7645b35ddb4005d1c",
      334091,
      "https://raw.githubusercontent.com/BiomedSciAI/causallib/HEAD/causallib/datasets/data/acic_challenge_2016/zymu_2.csv",
    ],
    [
      "zymu_3.csv",
      "8090562d3fcf5a3b02ff5493592a2880b95b106e1c12e2c3a6e6c28ae8468ff6",
      343144,
      "https://raw.githubusercontent.com/BiomedSciAI/causallib/HEAD/causallib/datasets/data/acic_challenge_2016/zymu_3.csv",
    ],
    [
      "zymu_4.csv",
      "61b405c545a451b7e2ce31614150834f94aa4b27069e2755876ed6e11cfee5fd",
      341908,
      "https://raw.githubusercontent.com/BiomedSciAI/causallib/HEAD/causallib/datasets/data/acic_challenge_2016/zymu_4.csv",
    ],
    [
      "zymu_5.csv",
      "e350ac76d0b8e83f45f7f04a4b76b9a32a0d53098452075617e61ce62ad0463a",
      348813,
      "https://raw.githubusercontent.com/BiomedSciAI/causallib/HEAD/causallib/datasets/data/acic_challenge_2016/zymu_5.csv",
    ],
    [
      "zymu_6.csv",
      "a059950f0b51056660364eca14524a3d3254f93c608d8a1df9240c2c4179a7b5",
      344205,
      "https://raw.githubusercontent.com/BiomedSciAI/causallib/HEAD/causallib/datasets/data/acic_challenge_2016/zymu_6.csv",
    ],
    [
      "zymu_7.csv",
      "ac102c3f34680ff901c30fb95985297eea0f20efaf02108f287ceec60b6a2a1f",
      347066,
      "https://raw.githubusercontent.com/BiomedSciAI/causallib/HEAD/causallib/datasets/data/acic_challenge_2016/zymu_7.csv",
    ],
    [
      "zymu_8.csv",
      "bbcde6ad666640adcd39fd50cab00865d22b5c463ce9db6d0940d8eccd5afcf3",
      336120,
      "https://raw.githubusercontent.com/BiomedSciAI/causallib/HEAD/causallib/datasets/data/acic_challenge_2016/zymu_8.csv",
    ],
    [
      "zymu_9.csv",
      "02663b776fa87cd3d91ee7871e98c1b4d63579957b12ef9bb1ecf367b7afc366",
      341289,
      "https://raw.githubusercontent.com/BiomedSciAI/causallib/HEAD/causallib/datasets/data/acic_challenge_2016/zymu_9.csv",
    ],
    [
      "zymu_10.csv",
      "c8ee8ca537ef4315a0ee5753bd01d792a1b3cdacb1fd69e1288b2bb89944d1b7",
      353155,
      "https://raw.githubusercontent.com/BiomedSciAI/causallib/HEAD/causallib/datasets/data/acic_challenge_2016/zymu_10.csv",
    ],
  ],
  ak91: [
    ["ak91.csv.gz", "81bc90c522943021d8efa052a094124639d60c54856bdf532af9331d01bb52dd", 2343938],
  ],
  bn: [
    [
      "alarm_sample_5000.csv",
      "dbeedaa9f14c811b3da070369d2fbc4d4ee80cebcfb1b3935f67e6dc816a08ae",
      1043453,
    ],
    [
      "asia_sample_5000.csv",
      "4c0d794896959f6057f44483c2c33e31799231961b0ea027bb70cc63fde0c76b",
      128234,
    ],
    [
      "child_sample_2000.csv",
      "60a1a635d26451f2427bb02c64c9dbb177bb5345c89cc94bb78357883675c150",
      230876,
    ],
    [
      "sachs_sample_2000.csv",
      "d1d9df284a95d2a7b90a3b80b21351754c7c482aab85d2a4d6945af1bc10ae9a",
      91144,
    ],
    ["structures.json", "4df7431976c1d3c67990484ae2a580c5e43abaaaea77dc767f205e8170032af0", 465398],
  ],
  card: [
    [
      "card.csv",
      "748c1ece2f1504fbefdca289ecbb5b8c12843f7839f3421124f4b19ee1ffa65c",
      300349,
      "https://raw.githubusercontent.com/py-why/EconML/HEAD/prototypes/dml_iv/data/card.csv",
    ],
  ],
  castle: [
    ["castle.csv", "11ee6970ae8d0646e5209dd390ce4e6bbceebaf0871153e2f624909f5bf36065", 243710],
  ],
  cladder: [
    ["models.json", "1d0a4d90779b509c77e2bfde1a86943bd39a88eec0c5d50150d256f529a65780", 68203],
    ["questions.json", "ecd1a6c882d0068bc3c9147a61b910083806b4535398ca2f858eff46e449cf51", 349251],
  ],
  darfur: [
    ["darfur.csv", "e72476e5dfae734444507ab639f172ead18ceab9c815c956a1f68e3e3b23cac2", 57853],
  ],
  ihdp: [
    [
      "ihdp_1.csv",
      "e5de6845853048b774dcc2d776c79a1c2f53aac0b54822f01f829062cfe73c57",
      162038,
      "https://raw.githubusercontent.com/victor5as/RieszLearning/25d76a25a9602e6c7bb83e0c145d36800f96f38c/data/IHDP/sim_data/ihdp_1.csv",
    ],
    [
      "ihdp_2.csv",
      "28161c850b626ad8502b81010cc75a519c01ee661af6e26d4a65f9a9d1278647",
      161871,
      "https://raw.githubusercontent.com/victor5as/RieszLearning/25d76a25a9602e6c7bb83e0c145d36800f96f38c/data/IHDP/sim_data/ihdp_2.csv",
    ],
    [
      "ihdp_3.csv",
      "52a4a43e66d0addde2a7ac53da6a66a05a883b25c8dbdb5ca6a3a04c28ce1804",
      161687,
      "https://raw.githubusercontent.com/victor5as/RieszLearning/25d76a25a9602e6c7bb83e0c145d36800f96f38c/data/IHDP/sim_data/ihdp_3.csv",
    ],
    [
      "ihdp_4.csv",
      "f71a927efc86e4c64aabcf66ee419af23ffa396d1c8528c8c84e8dea5876c8a3",
      161878,
      "https://raw.githubusercontent.com/victor5as/RieszLearning/25d76a25a9602e6c7bb83e0c145d36800f96f38c/data/IHDP/sim_data/ihdp_4.csv",
    ],
    [
      "ihdp_5.csv",
      "fb4193346fc09d0bdf30874ba942905dbecb5cd4e66c143f41ed06c3654b10ae",
      161868,
      "https://raw.githubusercontent.com/victor5as/RieszLearning/25d76a25a9602e6c7bb83e0c145d36800f96f38c/data/IHDP/sim_data/ihdp_5.csv",
    ],
    [
      "ihdp_6.csv",
      "628afcb80d02ae9f5a6e59fbd2e3044aa920fc9f6b6c234b97cc94c118daabe6",
      162102,
      "https://raw.githubusercontent.com/victor5as/RieszLearning/25d76a25a9602e6c7bb83e0c145d36800f96f38c/data/IHDP/sim_data/ihdp_6.csv",
    ],
    [
      "ihdp_7.csv",
      "5bea1240f28fb85bf37c239ba94da5a1129bda67dc95f0bfbaee3c4df4ab342b",
      162411,
      "https://raw.githubusercontent.com/victor5as/RieszLearning/25d76a25a9602e6c7bb83e0c145d36800f96f38c/data/IHDP/sim_data/ihdp_7.csv",
    ],
    [
      "ihdp_8.csv",
      "391d3031dd6e26c08d049c5320734cacd125fd46618359aff5d25d74a748c952",
      161936,
      "https://raw.githubusercontent.com/victor5as/RieszLearning/25d76a25a9602e6c7bb83e0c145d36800f96f38c/data/IHDP/sim_data/ihdp_8.csv",
    ],
    [
      "ihdp_9.csv",
      "65d2da9dabce7c0b21a0bec3ff204f2a173c525650d0d021ca8742a2a3dd93c4",
      161850,
      "https://raw.githubusercontent.com/victor5as/RieszLearning/25d76a25a9602e6c7bb83e0c145d36800f96f38c/data/IHDP/sim_data/ihdp_9.csv",
    ],
    [
      "ihdp_10.csv",
      "2bc5665510600b0e50a52ffbe4298d662b196a8dfd8851c1623599744d22fcd2",
      161952,
      "https://raw.githubusercontent.com/victor5as/RieszLearning/25d76a25a9602e6c7bb83e0c145d36800f96f38c/data/IHDP/sim_data/ihdp_10.csv",
    ],
  ],
  "401k": [
    ["sipp1991.csv", "8c590f3ad741d836e0e0db1a079cd9b5d7327db1ceb6fcc2a20639f7bcf7844b", 430673],
  ],
  lalonde: [
    [
      "cps1_controls.csv",
      "93c8946ef79c43eefa55064fbf51eb882e152efc44e97471df85c1036c948cb9",
      640296,
    ],
    [
      "cps2_controls.csv",
      "b3f4eba49e196c39cf5b6f9c0737cc5dff4ddf7c61088c73706df41b9cdb28c5",
      91483,
    ],
    [
      "cps3_controls.csv",
      "bf9bc3e1ca6cc42c30a38125310f3a9bbbaae801a4f3d786245f8ce0a783388d",
      15839,
    ],
    ["nsw.csv", "f1b62488a49312a06abe316c511b7bd2a50f96a2947f99caca878b0bf90cd827", 20900],
    ["nsw_dw.csv", "8fe357c80b5c72688b534567a33348256f0eae5bd572a7db312632b2036243aa", 13744],
    [
      "psid1_controls.csv",
      "8b68eab07a5e26b4568da25fbaed9f74cf1f55f7d671b7e10dff31ee4cdfaf76",
      100194,
    ],
    [
      "psid2_controls.csv",
      "269974226ea6b04fd4304ac98ae4040381a29f2482cd044a24364c2ca42204d4",
      9152,
    ],
    [
      "psid3_controls.csv",
      "5216848f9f02f9ce6aee0d0e1b83164245eb8f4ae77b928231ca6afc15fc32eb",
      4110,
    ],
  ],
  lmb: [
    [
      "close_elections_lmb.csv",
      "d564d3a33b0e0b0ed6b674c805c555ee1115cf12ffa01a8a67899ec25ccc426c",
      913777,
    ],
  ],
  lucas: [
    ["edges.csv", "c77bdeace807782d9356de7afa0ea74a5ac4a9aba7b83a586e11687b4971d5a5", 301],
    [
      "lucas_numeric.csv",
      "4fe8b160da02f56d5f9b3fc463a05707109368c2d1b2775cdee2d6b36b5109af",
      108321,
    ],
  ],
  mlda: [["mlda.csv", "d4ab12c15daf8e6f17743a443ecd2b048f1a3481692c324600e2ab02d53ddaa0", 16040]],
  mpdta: [
    [
      "mpdta.csv",
      "2283bea1221a152420f98dfa20f633c5d054ea51d881115c8cd702a97bcd3167",
      124891,
      "https://raw.githubusercontent.com/d2cml-ai/csdid/f78f4d79cb682b18d2b0ef65e394c3a13e773ccb/data/mpdta.csv",
    ],
  ],
  nhefs: [
    ["nhefs.csv", "28d7a693461f5bb4536203671e50a800f7e97134cca07c4e5424d9b9ed8beb81", 432916],
  ],
  prop99: [
    [
      "california_prop99.csv",
      "550d24c2f743507d097692d181bdbbf36c6168a39a0b6fc831cc89d98082f7de",
      32687,
      "https://raw.githubusercontent.com/synth-inference/synthdid/HEAD/data/california_prop99.csv",
    ],
  ],
  realcause: [
    [
      "lalonde_psid_sample0.csv",
      "a9db4cd3e180ddea8609d4415de8c24032cd49ed2b881a9b4876aedf4155b347",
      223034,
      "https://raw.githubusercontent.com/bradyneal/realcause/71ad31b94df409aeabe22c564e47ae3298897184/realcause_datasets/lalonde_psid_sample0.csv",
    ],
    [
      "lalonde_psid_sample1.csv",
      "f6a6a20bdcc43ab37ee353568c6f8c3c44ad9f7efd4ab0323b06a151599b57fc",
      223118,
      "https://raw.githubusercontent.com/bradyneal/realcause/71ad31b94df409aeabe22c564e47ae3298897184/realcause_datasets/lalonde_psid_sample1.csv",
    ],
    [
      "lalonde_psid_sample2.csv",
      "9cfa985ca501a282d4b987e369b59bb894da6b47f7bb0927f63e5aab6d871117",
      223210,
      "https://raw.githubusercontent.com/bradyneal/realcause/71ad31b94df409aeabe22c564e47ae3298897184/realcause_datasets/lalonde_psid_sample2.csv",
    ],
    [
      "lalonde_psid_sample3.csv",
      "205b2ddacbbbb2e692042ef17b5e5e259bbc04aa6b169feebd35bab9f6d1e90e",
      223284,
      "https://raw.githubusercontent.com/bradyneal/realcause/71ad31b94df409aeabe22c564e47ae3298897184/realcause_datasets/lalonde_psid_sample3.csv",
    ],
    [
      "lalonde_psid_sample4.csv",
      "df81a49a56f9ed3cb859e28eb53ccfe93ddebb3b10faa932e69ea58716cdcdf8",
      223506,
      "https://raw.githubusercontent.com/bradyneal/realcause/71ad31b94df409aeabe22c564e47ae3298897184/realcause_datasets/lalonde_psid_sample4.csv",
    ],
  ],
  sachs: [
    ["graphs.json", "0dacb750f6b439fd51c2af58f5fac368d110370d7c33309c34696a8aa5a4ed67", 2408],
    [
      "sachs_all_7466.csv",
      "d9d7b313394d2b9b55acdb829b37ba4212f319357768b8f95d36af0a45dcdb74",
      473986,
    ],
    [
      "sachs_observational_853.csv",
      "f979eea48aa7faeb9a27919593e3ee6d600aa93de997c570ee4d9be02a7e8a16",
      44426,
    ],
  ],
  twins: [
    ["twins.csv.gz", "44b1003ab4eea20f433f30fb66584c7aa3a2c2f6628e48f9457d32ca6f174b81", 392425],
  ],
};

export function knownFiles(set: string): readonly DataFile[] {
  return (rows[set] ?? []).map(([name, sha256, bytes, url]) => ({
    name,
    sha256,
    bytes,
    ...(url === undefined ? {} : { url }),
  }));
}

/** `null` stands for "chosen by the method". */
export type OptionValue = number | boolean | string | readonly string[] | null;

import type { Severity } from '../../model/index.ts';

export const SEVERITY_COLOURS: Readonly<Record<Severity, string>> = {
  error: '#cf222e',
  warning: '#bf8700',
  info: '#0969da',
};

/** Light enough for dark text; groups beyond the last colour begin again. */
const TRUST_COLOURS = ['#dafbe1', '#ddf4ff', '#fff8c5', '#fbefff', '#ffeff7', '#ffe7d6'];

/** The colour of a group of clusters that trust a common root; white where no file tells. */
export const trustColour = (group: number | undefined): string =>
  group === undefined ? '#ffffff' : TRUST_COLOURS[group % TRUST_COLOURS.length]!;

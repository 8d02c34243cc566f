import type { Report } from './report.ts';

/** The report as JSON: no time and no machine path, so that two runs on the same input are equal. */
export const json = (report: Report): string => `${JSON.stringify(report, undefined, 2)}\n`;

import type { Checked } from '../lint.ts';
import { grouped } from '../report/text.ts';

/** Sizes, times and memory of a run. */
export const statsText = ({ phases, report, session }: Checked, milliseconds: number): string => {
  const { files } = session.fleet;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const rows: readonly (readonly [string, string])[] = [
    ['files', grouped(report.summary.files)],
    ['bytes', grouped(bytes)],
    ['documents', grouped(report.summary.documents)],
    ['resources', grouped(report.summary.resources)],
    ...phases.map(({ name, milliseconds: spent }) => [name, `${spent.toFixed(0)} ms`] as const),
    ['total', `${milliseconds.toFixed(0)} ms`],
    // maxRSS counts in KiB.
    ['peak memory', `${grouped(Math.round(process.resourceUsage().maxRSS / 1024))} MiB`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
};

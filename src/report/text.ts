import type { Severity } from '../model/index.ts';
import { frame } from './frame.ts';
import type { Paint } from './paint.ts';
import { plain, printable } from './paint.ts';
import type { Report, ReportedFinding, ReportedPlace } from './report.ts';

export interface TextOptions {
  readonly paint?: Paint | undefined;
  /** The lines of a file, for code frames. */
  readonly lines?: ((file: string) => readonly string[]) | undefined;
  /** How long the run took. */
  readonly seconds?: number | undefined;
  /** Leave the last line out. */
  readonly withoutSummary?: boolean | undefined;
}

const MAX_RELATED = 8;

/** The report for people at a terminal. */
export const text = (report: Report, options: TextOptions = {}): string => {
  const { findings } = report;
  const blocks = findings.map((finding, index) => {
    const next = findings[index + 1];
    const fixFollows =
      next !== undefined && next.rule === finding.rule && next.fix === finding.fix && next.file === finding.file;
    return block(finding, fixFollows ? [] : [`  fix: ${printable(finding.fix)}`], options);
  });
  if (options.withoutSummary === true) return blocks.join('\n');
  return [...blocks, `${summaryLine(report, options)}\n`].join('\n');
};

const block = (finding: ReportedFinding, fix: readonly string[], { paint = plain, lines }: TextOptions): string => {
  const at = `${printable(finding.file)}:${finding.line}:${finding.column}`;
  const head = [
    paint.file(at),
    paint.severity(finding.severity, finding.severity),
    printable(finding.message),
    paint.quiet(finding.rule),
  ].join('  ');
  const found = lines === undefined ? undefined : frame(lines(finding.file), finding);
  return [
    head,
    ...(found === undefined ? [] : framed(found, finding, paint)),
    ...relatedLines(finding.related, paint),
    ...fix,
    '',
  ].join('\n');
};

const framed = (
  [source, marks]: readonly [string, string],
  { line, severity }: ReportedFinding,
  paint: Paint,
): readonly string[] => [
  `  ${paint.quiet(`${line} │`)} ${source}`,
  `  ${paint.quiet(`${' '.repeat(String(line).length)} │`)} ${paint.severity(severity, marks)}`,
];

const relatedLines = (related: readonly ReportedPlace[], paint: Paint): readonly string[] => {
  const shown = related
    .slice(0, MAX_RELATED)
    .map((place) => ({ ...place, at: `${printable(place.file)}:${place.line}:${place.column}` }));
  const width = Math.max(0, ...shown.map(({ at }) => at.length));
  const rest = related.length - shown.length;
  return [
    ...shown.map(({ at, message }) => `  ${paint.quiet(at.padEnd(width))}  ${printable(message)}`.trimEnd()),
    ...(rest > 0 ? [`  ${paint.quiet(`and ${rest} more ${rest === 1 ? 'place' : 'places'}`)}`] : []),
  ];
};

/** What was checked and what was found, in one line of true numbers. */
export const summaryLine = ({ summary }: Report, { paint = plain, seconds }: TextOptions = {}): string => {
  const looked = [
    counted(summary.clusters, 'cluster'),
    counted(summary.files, 'file'),
    counted(summary.resources, 'resource'),
    counted(summary.rules, 'rule'),
  ].join(', ');
  const found = [
    severityCount(summary.errors, 'error', paint),
    severityCount(summary.warnings, 'warning', paint),
    ...(summary.infos > 0 ? [`${grouped(summary.infos)} info`] : []),
  ];
  const clean = summary.errors + summary.warnings + summary.infos === 0;
  const result = [
    ...(clean ? [paint.good('no findings')] : found),
    ...(summary.clusters === 1 ? ['nothing to compare with one cluster'] : []),
    ...(summary.suppressed > 0 ? [`${grouped(summary.suppressed)} suppressed`] : []),
  ].join(', ');
  return `${looked}: ${result}${seconds === undefined ? '' : `  (${seconds.toFixed(1)} s)`}`;
};

const severityCount = (count: number, severity: Severity, paint: Paint): string =>
  count === 0 ? counted(count, severity) : paint.severity(severity, counted(count, severity));

export const counted = (count: number, word: string): string => `${grouped(count)} ${word}${count === 1 ? '' : 's'}`;

/** 1904 as 1,904, the same in every locale. */
export const grouped = (count: number): string => String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');

import type { Severity } from '../model/index.ts';
import { counted, summaryLine } from './text.ts';
import type { Report, ReportedFinding } from './report.ts';

const COMMANDS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'notice' };

/** Annotations of GitHub Actions. A step shows ten of each severity, so the gravest and most varied come first. */
export const github = (report: Report): string => {
  const { findings } = report;
  const ordered = (['error', 'warning', 'info'] as const).flatMap((severity) =>
    spread(findings.filter((finding) => finding.severity === severity)),
  );
  return [...ordered.map(annotation), summaryLine(report), ''].join('\n');
};

/** The first finding of each rule, then the second of each, and so on. */
const spread = (findings: readonly ReportedFinding[]): readonly ReportedFinding[] => {
  const seen = new Map<string, number>();
  return findings
    .map((finding) => {
      const rank = seen.get(finding.rule) ?? 0;
      seen.set(finding.rule, rank + 1);
      return { finding, rank };
    })
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ finding }) => finding);
};

const annotation = (finding: ReportedFinding): string => {
  const properties = {
    file: finding.file,
    line: finding.line,
    endLine: finding.endLine,
    col: finding.column,
    // The last column, not the one behind it; it has a meaning on one line only.
    ...(finding.endLine === finding.line ? { endColumn: Math.max(finding.column, finding.endColumn - 1) } : {}),
    title: finding.rule,
  };
  const shown = finding.related
    .slice(0, 5)
    .map((place) => `${place.file}:${place.line}:${place.column} ${place.message}`.trimEnd());
  const rest = finding.related.length - shown.length;
  const lines = [
    finding.message,
    ...shown,
    ...(rest > 0 ? [`and ${counted(rest, 'more place')}`] : []),
    `fix: ${finding.fix}`,
  ];
  const head = Object.entries(properties)
    .map(([name, value]) => `${name}=${property(String(value))}`)
    .join(',');
  return `::${COMMANDS[finding.severity]} ${head}::${data(lines.join('\n'))}`;
};

const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

import { get, integer, list, text } from '../model/index.ts';

/** The runner refuses a step summary of more than one MiB. */
const limit = 1024 * 1024;
/** Findings with their sentence; the rest is counted, and stands in the SARIF report. */
const shown = 50;

/** Number of findings of a severity in a JSON report. */
export const count = (report: unknown, severity: 'errors' | 'warnings' | 'infos'): number =>
  integer(get(report, 'summary', severity)) ?? 0;

/** The JSON report as a page of Markdown, at most one MiB of UTF-8. */
export const summarize = (report: unknown): string => {
  const findings = list(get(report, 'findings')).toSorted((a, b) => rank(a) - rank(b));
  const lines = [headline(report), '', ...ruleTable(findings), '', ...topFindings(findings)];
  return fit(lines);
};

const severities = ['error', 'warning', 'info'];
const rank = (finding: unknown): number => severities.indexOf(text(get(finding, 'severity')) ?? '');

const headline = (report: unknown): string => {
  const read = (key: string): number => integer(get(report, 'summary', key)) ?? 0;
  const counts = (['errors', 'warnings', 'infos'] as const)
    .map((severity) => ({ severity, number: count(report, severity) }))
    .filter(({ number }) => number > 0)
    .map(({ severity, number }) => `${number} ${number === 1 ? severity.slice(0, -1) : severity}`);
  const verdict = counts.length === 0 ? 'the clusters agree' : counts.join(', ');
  return `### mesh-lint: ${verdict}\n\nclusters: ${read('clusters')}, files: ${read('files')}, resources: ${read('resources')}, rules: ${read('rules')}`;
};

const ruleTable = (findings: readonly unknown[]): readonly string[] => {
  const rows = new Map<string, { severity: string; findings: number; clusters: Set<string> }>();
  for (const finding of findings) {
    const rule = text(get(finding, 'rule')) ?? '';
    const row = rows.get(rule) ?? { severity: text(get(finding, 'severity')) ?? '', findings: 0, clusters: new Set() };
    row.findings++;
    row.clusters.add(text(get(finding, 'cluster')) ?? '');
    rows.set(rule, row);
  }
  if (rows.size === 0) return [];
  const body = [...rows].map(
    ([rule, row]) =>
      `| \`${rule}\` | ${row.severity} | ${row.findings} | ${cell([...row.clusters].filter((name) => name !== '').join(', '))} |`,
  );
  return ['| rule | severity | findings | clusters |', '|---|---|---:|---|', ...body];
};

const topFindings = (findings: readonly unknown[]): readonly string[] => {
  const top = findings.slice(0, shown);
  const more = findings.length - top.length;
  return [...top.map(findingLine), ...(more > 0 ? ['', `… and ${more} more in the SARIF report`] : [])];
};

const findingLine = (finding: unknown): string => {
  const read = (key: string): string => text(get(finding, key)) ?? '';
  const place = `${read('file')}:${integer(get(finding, 'line')) ?? 1}`;
  return `- **${read('severity')}** ${cell(place)}: ${cell(read('message'))} (\`${read('rule')}\`)`;
};

/** Names from manifests are text, never Markdown or HTML. */
const cell = (value: string): string =>
  value
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\|`*_[\]#]/g, (mark) => `\\${mark}`);

const fit = (lines: readonly string[]): string => {
  const cut = '\n… cut: a step summary holds one MiB\n';
  let bytes = Buffer.byteLength(cut);
  const kept: string[] = [];
  for (const line of lines) {
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > limit) return `${kept.join('\n')}${cut}`;
    kept.push(line);
  }
  return `${kept.join('\n')}\n`;
};

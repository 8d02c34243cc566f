import type { Location, Log, ReportingDescriptor, Result } from 'sarif';
import type { Severity } from '../model/index.ts';
import type { Rule } from '../rule/define.ts';
import type { Report, ReportedFinding, ReportedPlace } from './report.ts';

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
};
const PROBLEMS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'recommendation' };

/** SARIF 2.1.0, with all that GitHub code scanning shows. */
export const sarif = (report: Report, rules: readonly Rule[], ruleUrl: (id: string) => string | undefined): string => {
  const index = new Map(rules.map((rule, at) => [rule.id, at]));
  const log: Log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: report.tool.name,
            version: report.tool.version,
            semanticVersion: report.tool.version,
            rules: rules.map((rule) => descriptor(rule, ruleUrl)),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: report.findings.map((finding) => result(finding, index.get(finding.rule))),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
};

const descriptor = (rule: Rule, ruleUrl: (id: string) => string | undefined): ReportingDescriptor => {
  const url = ruleUrl(rule.id);
  return {
    id: rule.id,
    name: rule.id,
    shortDescription: { text: rule.summary },
    fullDescription: { text: shortened(rule.why, 1000) },
    help: {
      text: `${rule.summary}\n\nWhy: ${rule.why}\n\nFix: ${rule.fix}`,
      markdown: `${rule.summary}\n\n**Why:** ${rule.why}\n\n**Fix:** ${rule.fix}\n\nIstio versions: ${rule.istio}`,
    },
    ...(url === undefined ? {} : { helpUri: url }),
    defaultConfiguration: { level: LEVELS[rule.severity] },
    properties: {
      tags: ['istio', 'multi-cluster', rule.id.split('/')[0] ?? ''],
      precision: 'high',
      'problem.severity': PROBLEMS[rule.severity],
    },
  };
};

const result = (finding: ReportedFinding, ruleIndex: number | undefined): Result => {
  const links = finding.related.map(
    (place, id) =>
      `[${escaped(`${place.file}:${place.line}`)}](${id})${place.message === '' ? '' : ` ${escaped(place.message)}`}`,
  );
  return {
    ruleId: finding.rule,
    ...(ruleIndex === undefined ? {} : { ruleIndex }),
    level: LEVELS[finding.severity],
    message: {
      text: [
        `${escaped(finding.message)}.`,
        ...(links.length === 0 ? [] : [`See ${links.join('; ')}.`]),
        `Fix: ${escaped(finding.fix)}`,
      ].join(' '),
    },
    locations: [
      location(
        finding,
        finding.resource === undefined
          ? undefined
          : `${finding.resource.kind}/${finding.resource.namespace ?? ''}/${finding.resource.name}`,
      ),
    ],
    ...(finding.related.length === 0
      ? {}
      : {
          relatedLocations: finding.related.map((place, id) => ({
            id,
            ...location(place),
            message: { text: place.message === '' ? place.file : place.message },
          })),
        }),
    // GitHub reads this one name only; lines would say little about a disagreement between files.
    partialFingerprints: { primaryLocationLineHash: `${finding.fingerprint}:1` },
    ...(finding.cluster === undefined ? {} : { properties: { cluster: finding.cluster } }),
  };
};

const location = (place: ReportedFinding | ReportedPlace, object?: string): Location => ({
  physicalLocation: {
    artifactLocation: { uri: uri(place.file) },
    region: { startLine: place.line, startColumn: place.column, endLine: place.endLine, endColumn: place.endColumn },
  },
  ...(object === undefined ? {} : { logicalLocations: [{ fullyQualifiedName: object, kind: 'object' }] }),
});

/** A relative URI: each segment encoded, so that `a b#c:d.yaml` is one. */
const uri = (file: string): string =>
  file
    .split('/')
    .map((segment) => encodeURIComponent(segment))
    .join('/');

/** Brackets and backslashes mean links in a SARIF message. */
const escaped = (text: string): string => text.replaceAll(/[\\[\]]/g, '\\$&');

const shortened = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

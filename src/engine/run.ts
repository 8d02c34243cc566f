import { createHash } from 'node:crypto';
import type { Mesh } from '../facts/mesh.ts';
import type { Finding, Fleet, Path, Place, Severity } from '../model/index.ts';
import { comparePlaces, compareText, placeKey, quotable, tellable } from '../model/index.ts';
import type { Rule, Where } from '../rule/define.ts';
import { fillSlots } from '../rule/define.ts';

/** Runs rules over all meshes of a fleet; findings come in the order of their places, each once. */
export const runRules = (
  rules: readonly Rule[],
  fleet: Fleet,
  meshes: readonly Mesh[],
  /** Severities that the user set, by rule id; `off` rules are not among `rules`. */
  severities: ReadonlyMap<string, Severity> = new Map(),
): readonly Finding[] => {
  const findings: Finding[] = [];
  for (const rule of rules) {
    const report = (message: string, where: Where, slots?: Readonly<Record<string, string | number>>): void => {
      findings.push(findingOf(rule, message, where, slots, severities.get(rule.id)));
    };
    rule.checkFleet?.(fleet, report);
    for (const mesh of meshes) rule.check?.(mesh, report);
  }
  const sorted = yielded(rules, findings, severities).toSorted(compareFindings);
  return sorted.filter((finding, index) => index === 0 || compareFindings(sorted[index - 1] ?? finding, finding) !== 0);
};

/** One cause is one error: what follows from it becomes a warning, unless the user chose its severity. */
const yielded = (
  rules: readonly Rule[],
  findings: readonly Finding[],
  severities: ReadonlyMap<string, Severity>,
): readonly Finding[] => {
  const causes = new Map(
    rules.flatMap(({ id, yieldsTo }) =>
      yieldsTo === undefined || severities.has(id) ? [] : [[id, yieldsTo] as const],
    ),
  );
  if (!findings.some(({ rule, severity }) => severity === 'error' && causes.has(rule))) return findings;
  const told = new Set(
    findings.flatMap((finding) =>
      finding.severity === 'error' ? placesOf(finding).map((place) => `${finding.rule}\0${placeKey(place)}`) : [],
    ),
  );
  return findings.map((finding) => {
    const isTold = causes
      .get(finding.rule)
      ?.some((id) => placesOf(finding).some((place) => told.has(`${id}\0${placeKey(place)}`)));
    return isTold === true && finding.severity === 'error' ? { ...finding, severity: 'warning' } : finding;
  });
};

const placesOf = ({ place, related }: Finding): readonly Place[] => [place, ...related.map((other) => other.place)];

/** A finding of a rule; `set` is the severity that the user chose. */
export const findingOf = (
  rule: Rule,
  message: string,
  where: Where,
  slots: Readonly<Record<string, string | number>> | undefined,
  set: Severity | undefined,
): Finding => ({
  rule: rule.id,
  severity: set ?? where.severity ?? rule.severity,
  message: tellable(fillSlots(rule.messages[message] ?? message, slots)),
  place: where.at,
  cluster: where.cluster,
  resource: where.resource,
  related: (where.also ?? []).map((related) => ({ ...related, message: quotable(related.message) })),
  aliases: where.aliases ?? rule.aliases ?? [],
  fix: where.fix ?? rule.fix,
  fingerprint: fingerprint(rule.id, message, where),
});

/** Lines, columns and values stay out, so that it survives moved lines and half a repair. */
const fingerprint = (rule: string, message: string, where: Where): string => {
  const { resource, at } = where;
  const object =
    resource === undefined
      ? at.file.path
      : [resource.group, resource.kind, resource.namespace ?? '', resource.name].join('/');
  const path: Path = [...at.path, ...(at.inner ?? [])];
  return createHash('sha256')
    .update(JSON.stringify([rule, message, where.cluster ?? '', object, path]))
    .digest('hex')
    .slice(0, 16);
};

const compareFindings = (a: Finding, b: Finding): number =>
  comparePlaces(a.place, b.place) ||
  compareText(a.rule, b.rule) ||
  compareText(a.message, b.message) ||
  compareText(a.cluster ?? '', b.cluster ?? '');

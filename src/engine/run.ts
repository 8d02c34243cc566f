import { createHash } from 'node:crypto';
import type { Mesh } from '../facts/mesh.ts';
import { within } from '../facts/minors.ts';
import type { Finding, Fleet, Path, Place, Related, Severity } from '../model/index.ts';
import { comparePlaces, compareText, placeKey, quotable, tellable } from '../model/index.ts';
import type { Rule, Where } from '../rule/define.ts';
import { fillSlots } from '../rule/define.ts';
import type { Hide } from './hidden.ts';
import { secretsOf } from './hidden.ts';

type Slots = Readonly<Record<string, string | number>>;

/** Runs rules over all meshes of a fleet; findings come in the order of their places, each once. */
export const runRules = (
  rules: readonly Rule[],
  fleet: Fleet,
  meshes: readonly Mesh[],
  /** Severities that the user set, by rule id; `off` rules are not among `rules`. */
  severities: ReadonlyMap<string, Severity> = new Map(),
): readonly Finding[] => {
  const findings: Finding[] = [];
  const refused = new Set<string>();
  const secretsAt = secretsOf(fleet);
  for (const rule of rules) {
    const report = (message: string, where: Where, slots?: Slots): void => {
      const finding = findingOf(rule, message, where, slots, severities.get(rule.id), secretsAt(placesShown(where)));
      findings.push(finding);
      if (finding.severity === 'error') for (const place of where.refuses ?? []) refused.add(placeKey(place));
    };
    rule.checkFleet?.(fleet, report);
    for (const mesh of meshes)
      rule.check?.(mesh, (message, where, slots?: Slots) => {
        if (concerns(rule, mesh, where.cluster)) report(message, where, slots);
      });
  }
  const sorted = yielded(rules, withoutRefused(findings, refused), severities).toSorted(compareFindings);
  return sorted.filter((finding, index) => index === 0 || compareFindings(sorted[index - 1] ?? finding, finding) !== 0);
};

/** One range and nothing else; what a rule says beside it ("with meshNetworks") it has to ask itself. */
const RANGE = /^1\.\d+(?:\+|-1\.\d+)$/;

/** Whether the cluster may run a version for which the rule is meant. */
const concerns = ({ istio }: Rule, mesh: Mesh, cluster: string | undefined): boolean => {
  if (!RANGE.test(istio)) return true;
  const member = mesh.members.find(({ name }) => name === cluster);
  return member === undefined || within(mesh.versionOf(member).minors, istio) !== 'outside';
};

/** Nobody has to hear what a value does that is not taken at all. */
const withoutRefused = (findings: readonly Finding[], refused: ReadonlySet<string>): readonly Finding[] => {
  if (refused.size === 0) return findings;
  const isRefused = (place: Place): boolean => refused.has(placeKey(place));
  return findings.filter(({ rule, severity, place, related }) => {
    if (rule.startsWith('schema/')) return true;
    const key = keyOf(place);
    const twins = severity === 'error' ? [] : related.filter((other) => keyOf(other.place) === key);
    // What clusters have different at one key is no difference where it is not taken in the others.
    return !isRefused(place) && !(twins.length > 0 && twins.every((twin) => isRefused(twin.place)));
  });
};

const keyOf = ({ path, inner = [] }: Place): string => JSON.stringify([path, inner]);

/** One cause is one error: what follows from it becomes a warning, and a hint nothing, unless the user chose its severity. */
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
  if (!findings.some(({ rule, severity }) => severity !== 'warning' && causes.has(rule))) return findings;
  const told = new Set(
    findings.flatMap((finding) =>
      finding.severity === 'error' ? placesOf(finding).map((place) => `${finding.rule}\0${placeKey(place)}`) : [],
    ),
  );
  return findings.flatMap((finding) => {
    const isTold = causes
      .get(finding.rule)
      ?.some((id) => placesOf(finding).some((place) => told.has(`${id}\0${placeKey(place)}`)));
    if (isTold !== true || finding.severity === 'warning') return [finding];
    return finding.severity === 'info' ? [] : [{ ...finding, severity: 'warning' }];
  });
};

const placesOf = ({ place, related }: Finding): readonly Place[] => [place, ...related.map((other) => other.place)];

/** A finding of a rule; `set` is the severity that the user chose. */
export const findingOf = (
  rule: Rule,
  message: string,
  where: Where,
  slots: Slots | undefined,
  set: Severity | undefined,
  /** Leaves out what is secret at the places of the finding. */
  hide: Hide = (text) => text,
): Finding => ({
  rule: rule.id,
  severity: set ?? where.severity ?? rule.severity,
  message: tellable(fillSlots(rule.messages[message] ?? message, slots, hide)),
  place: where.at,
  cluster: where.cluster,
  resource: where.resource,
  related: relatedOf(where.also ?? [], hide),
  aliases: where.aliases ?? rule.aliases ?? [],
  fix: where.fix ?? rule.fix,
  fingerprint: fingerprint(rule.id, message, where),
});

const placesShown = ({ at, also = [] }: Where): readonly Place[] => [
  at,
  ...also.slice(0, MOST_RELATED).map(({ place }) => place),
];

/** A thousand objects that clash would name each other a million times. */
const MOST_RELATED = 24;

const relatedOf = (also: readonly Related[], hide: Hide): readonly Related[] => {
  const more = also.length - MOST_RELATED;
  return also.slice(0, MOST_RELATED).map((related, index) => ({
    ...related,
    message: quotable(
      hide(more > 0 && index === MOST_RELATED - 1 ? `${related.message} (and ${more} places more)` : related.message),
    ),
  }));
};

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

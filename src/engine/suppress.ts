import { relative, sep } from 'node:path';
import type { Finding, Fleet, Place, Range, Resource, SourceFile } from '../model/index.ts';
import { below, compareText } from '../model/index.ts';
import type { Rule } from '../rule/define.ts';
import type { Ignore } from './config.ts';
import { nearest } from './nearest.ts';
import { findingOf } from './run.ts';
import type { Selected } from './select.ts';
import { fits } from './wildcard.ts';

export interface SuppressContext {
  readonly fleet: Fleet;
  readonly locate: (place: Place) => Range;
  readonly sourceLine: (file: SourceFile, line: number) => string | undefined;
  /** Where a line begins and ends in the text of its file. */
  readonly lineOffsets: (file: SourceFile, line: number) => readonly [start: number, end: number];
  /** `ignore:` of the configuration, its file and its absolute directory. */
  readonly ignore: readonly Ignore[];
  readonly configFile: SourceFile | undefined;
  readonly configDirectory: string;
  readonly selected: Selected;
  readonly allRules: readonly Rule[];
}

export interface Filtered {
  readonly findings: readonly Finding[];
  readonly suppressed: number;
}

const UNUSED = 'config/unused-suppression';

/** One place of a finding: the main one or a related one. */
interface Spot {
  readonly place: Place;
  readonly cluster: string | undefined;
  readonly resource: () => Resource | undefined;
}

/** One rule pattern of one suppression. */
interface Suppression {
  /** Rule id, pattern or alias. */
  readonly rules: string;
  readonly place: Place;
  readonly covers: (spot: Spot) => boolean;
  /** Written for another tool: nobody wants to hear that it is not needed here. */
  readonly foreign: boolean;
  /** Files and documents it can cover; undefined where it covers any. */
  readonly key: string | undefined;
}

/** Leaves out what the user silenced, at any place of a finding, and reports suppressions that silence nothing. */
export const suppress = (findings: readonly Finding[], context: SuppressContext): Filtered => {
  const resourceAt = resourceLookup(context.fleet);
  const suppressions = [...comments(context), ...annotations(context.fleet), ...ignores(context)];
  if (suppressions.length === 0) return { findings, suppressed: 0 };

  const anywhere = suppressions.filter(({ key }) => key === undefined);
  const byKey = new Map<string, Suppression[]>();
  for (const suppression of suppressions) {
    if (suppression.key === undefined) continue;
    const held = byKey.get(suppression.key);
    if (held === undefined) byKey.set(suppression.key, [suppression]);
    else held.push(suppression);
  }
  const used = new Set<Suppression>();
  const isSilenced = (finding: Finding): boolean => {
    const spots: readonly Spot[] = [
      { place: finding.place, cluster: finding.cluster, resource: () => finding.resource ?? resourceAt(finding.place) },
      ...finding.related.map(({ place, cluster }) => ({ place, cluster, resource: () => resourceAt(place) })),
    ];
    let silenced = false;
    for (const spot of spots)
      for (const suppression of [...(byKey.get(documentKey(spot.place)) ?? []), ...anywhere]) {
        if (!names(suppression, finding) || !suppression.covers(spot)) continue;
        used.add(suppression);
        silenced = true;
      }
    return silenced;
  };

  const kept = findings.filter((finding) => !isSilenced(finding));
  const idle = unused(
    suppressions.filter((suppression) => !used.has(suppression)),
    context,
  ).filter((finding) => !isSilenced(finding));
  return { findings: [...kept, ...idle], suppressed: findings.length - kept.length };
};

const documentKey = (place: Place): string => `${place.file.path}\0${place.document}`;

const names = ({ rules, foreign }: Suppression, finding: Finding): boolean =>
  finding.aliases.some((alias) => fits(rules, alias)) || (!foreign && fits(rules, finding.rule));

const comments = ({ fleet, locate, sourceLine, lineOffsets }: SuppressContext): readonly Suppression[] =>
  fleet.suppressions.flatMap((comment) => {
    const { file, document } = comment;
    const key = `${file.path}\0${document}`;
    let target = comment.line + 1;
    if (comment.scope === 'next-line') while (/^\s*#/.test(sourceLine(file, target) ?? '')) target++;
    const covers =
      comment.scope === 'document' ? () => true : (spot: Spot): boolean => locate(spot.place).line === target;
    const place: Place = { file, document, path: [], offsets: lineOffsets(file, comment.line) };
    return comment.rules.map((rules) => ({ rules, place, covers, foreign: false, key }));
  });

const OWN = 'mesh-lint.io/disable';
const ISTIO = 'galley.istio.io/analyze-suppress';

const annotations = (fleet: Fleet): readonly Suppression[] => {
  const seen = new Set<string>();
  return fleet.clusters.flatMap(({ resources }) =>
    resources.all.flatMap((resource) =>
      [OWN, ISTIO].flatMap((name) => {
        const value = Object.hasOwn(resource.annotations, name) ? (resource.annotations[name] ?? '') : '';
        if (value === '') return [];
        const place = below(resource.place, 'metadata', 'annotations', name);
        const id = JSON.stringify([documentKey(place), place.path, place.inner]);
        if (seen.has(id)) return [];
        seen.add(id);
        const covers = (spot: Spot): boolean => isBelow(spot.place, resource.place);
        return split(value).map((rules) => ({
          rules,
          place,
          covers,
          foreign: name === ISTIO,
          key: documentKey(place),
        }));
      }),
    ),
  );
};

const split = (value: string): readonly string[] => value.split(/[\s,]+/).filter((word) => word !== '');

const isBelow = (place: Place, root: Place): boolean =>
  place.file.path === root.file.path &&
  place.document === root.document &&
  root.path.every((step, index) => place.path[index] === step);

const ignores = ({ ignore, configFile, configDirectory }: SuppressContext): readonly Suppression[] =>
  configFile === undefined
    ? []
    : ignore.map((entry, index) => ({
        rules: entry.rule ?? '*',
        place: { file: configFile, document: 0, path: ['ignore', index] },
        covers: (spot) => isIgnored(entry, spot, configDirectory),
        foreign: false,
        key: undefined,
      }));

const isIgnored = (entry: Ignore, spot: Spot, directory: string): boolean => {
  if (entry.cluster !== undefined && (spot.cluster === undefined || !fits(entry.cluster, spot.cluster))) return false;
  if (entry.path !== undefined && !isInPath(entry.path, spot.place.file, directory)) return false;
  if (entry.kind === undefined && entry.name === undefined && entry.namespace === undefined) return true;
  const resource = spot.resource();
  if (resource === undefined) return false;
  if (entry.kind !== undefined && !fits(entry.kind, resource.kind)) return false;
  if (entry.namespace !== undefined && !fits(entry.namespace, resource.namespace ?? '')) return false;
  return (
    entry.name === undefined ||
    fits(entry.name, resource.name) ||
    fits(entry.name, `${resource.namespace ?? ''}/${resource.name}`)
  );
};

const isInPath = (pattern: string, file: SourceFile, directory: string): boolean => {
  const path = file.absolute === undefined ? file.path : relative(directory, file.absolute).split(sep).join('/');
  const clean = pattern.replace(/^\.\//, '').replace(/\/$/, '');
  return fits(clean, path) || fits(`${clean}/*`, path);
};

/** The resource around a place; the index is made on first use. */
const resourceLookup = (fleet: Fleet): ((place: Place) => Resource | undefined) => {
  let index: Map<string, Resource[]> | undefined;
  return (place) => {
    if (index === undefined) {
      index = new Map();
      for (const cluster of fleet.clusters)
        for (const resource of cluster.resources.all) {
          const key = documentKey(resource.place);
          const held = index.get(key);
          if (held === undefined) index.set(key, [resource]);
          else held.push(resource);
        }
    }
    return (index.get(documentKey(place)) ?? []).find((resource) => isBelow(place, resource.place));
  };
};

/** Suppressions without effect. Those of rules that did not run prove nothing. */
const unused = (idle: readonly Suppression[], { selected, allRules, locate }: SuppressContext): readonly Finding[] => {
  const rule = selected.rules.find(({ id }) => id === UNUSED);
  if (rule === undefined) return [];
  const severity = selected.severities.get(UNUSED);
  const ran = new Set(selected.rules.map(({ id }) => id));
  return idle
    .flatMap((suppression) => {
      if (suppression.foreign) return [];
      const meant = allRules.filter(({ id, aliases = [] }) =>
        [id, ...aliases].some((name) => fits(suppression.rules, name)),
      );
      const where = { at: suppression.place };
      if (meant.length === 0) {
        const guess = nearest(
          suppression.rules,
          allRules.map(({ id }) => id),
        );
        return [
          findingOf(
            rule,
            'unknown',
            where,
            { rule: suppression.rules, guess: guess === undefined ? '' : `, did you mean ${guess}?` },
            severity,
          ),
        ];
      }
      if (
        meant.some(({ id }) => id === UNUSED && suppression.rules === UNUSED) ||
        !meant.every(({ id }) => ran.has(id))
      )
        return [];
      return [findingOf(rule, 'unused', where, { rule: suppression.rules }, severity)];
    })
    .toSorted(
      (a, b) => compareText(a.place.file.path, b.place.file.path) || locate(a.place).line - locate(b.place).line,
    );
};

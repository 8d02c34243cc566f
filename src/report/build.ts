import type { Mesh } from '../facts/mesh.ts';
import type { Finding, Fleet, Path, Place, Range, Related, Resource } from '../model/index.ts';
import { compareText, valueOf, withoutSecretText } from '../model/index.ts';
import { scrubbed } from './scrub.ts';
import type { Report, ReportedCluster, ReportedFinding, ReportedPlace, ReportedResource } from './report.ts';

export interface ReportParts {
  readonly tool: { readonly name: string; readonly version: string };
  readonly fleet: Fleet;
  readonly meshes: readonly Mesh[];
  readonly findings: readonly Finding[];
  /** Number of rules that ran. */
  readonly rules: number;
  readonly suppressed: number;
  readonly locate: (place: Place) => Range;
  readonly ruleUrl: (rule: string) => string | undefined;
}

/** Brings what was found into the form of the JSON report, in the order in which people read it. */
export const buildReport = (parts: ReportParts): Report => {
  const { fleet, suppressed } = parts;
  const findings = withUniqueFingerprints(
    parts.findings.map((finding) => reported(finding, parts)).toSorted(compareReported),
  );
  const count = (severity: string): number => findings.filter((finding) => finding.severity === severity).length;
  return {
    version: 1,
    tool: parts.tool,
    summary: {
      files: fleet.files.length,
      documents: fleet.documents,
      resources: countResources(fleet),
      clusters: fleet.clusters.length,
      rules: parts.rules,
      errors: count('error'),
      warnings: count('warning'),
      infos: count('info'),
      suppressed,
      baselined: 0,
    },
    clusters: scrubbed(reportedClusters(fleet, parts.meshes)),
    findings,
  };
};

/** An object in a file that several clusters share counts once. */
const countResources = (fleet: Fleet): number => {
  if (fleet.clusters.length === 1) return fleet.clusters[0]?.resources.all.length ?? 0;
  let own = 0;
  const shared = new Set<string>();
  for (const { resources } of fleet.clusters)
    for (const { place, shared: isShared } of resources.all) {
      if (isShared)
        shared.add(`${place.file.path}\0${place.document}\0${place.path.join('/')}\0${place.inner?.join('/') ?? ''}`);
      else own++;
    }
  return own + shared.size;
};

const reportedClusters = (fleet: Fleet, meshes: readonly Mesh[]): readonly ReportedCluster[] => {
  const members = new Map(
    meshes.flatMap((mesh) => mesh.members.map((member) => [member.cluster, { mesh, member }] as const)),
  );
  return fleet.clusters
    .map((cluster): ReportedCluster => {
      const found = members.get(cluster);
      const files = cluster.files.length;
      if (found === undefined) return { name: cluster.name, files };
      const { mesh, member } = found;
      const role = mesh.roleOf(member);
      const version = mesh.versionOf(member);
      return {
        name: cluster.name,
        clusterId: valueOf(mesh.idOf(member)),
        mesh: mesh.name,
        network: valueOf(member.network.fact),
        role: role === 'unknown' ? undefined : role,
        istioVersion: version.assumed ? undefined : versionText(version.minors),
        files,
      };
    })
    .toSorted((a, b) => compareText(a.name, b.name));
};

const versionText = ({ low, high }: { readonly low: number; readonly high: number }): string =>
  low === high ? `1.${low}` : `1.${low}-1.${high}`;

const reported = (finding: Finding, { locate, ruleUrl }: ReportParts): ReportedFinding => ({
  rule: finding.rule,
  severity: finding.severity,
  message: finding.message,
  cluster: finding.cluster,
  resource: finding.resource === undefined ? undefined : scrubbed(reportedResource(finding.resource)),
  file: finding.place.file.path,
  ...lines(locate(finding.place)),
  path: withoutSecretText(pointers(finding.place)),
  related: finding.related.map((related) => reportedPlace(related, locate)),
  aliases: finding.aliases,
  fingerprint: finding.fingerprint,
  fix: finding.fix,
  url: ruleUrl(finding.rule),
});

/** Where it stands is worked out when first read: most reports show only the first few of many places. */
const reportedPlace = ({ place, cluster, message }: Related, locate: ReportParts['locate']): ReportedPlace => {
  let found: Range | undefined;
  const range = (): Range => (found ??= locate(place));
  return {
    cluster,
    file: place.file.path,
    get line() {
      return range().line;
    },
    get column() {
      return range().column;
    },
    get endLine() {
      return range().endLine;
    },
    get endColumn() {
      return range().endColumn;
    },
    message,
  };
};

const lines = ({ line, column, endLine, endColumn }: Range): Range => ({ line, column, endLine, endColumn });

const reportedResource = ({ apiVersion, kind, namespace, name }: Resource): ReportedResource => ({
  apiVersion,
  kind,
  namespace,
  name,
});

const pointers = ({ path, inner }: Place): string =>
  inner === undefined ? pointer(path) : `${pointer(path)}#${pointer(inner)}`;

const pointer = (path: Path): string =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const compareReported = (a: ReportedFinding, b: ReportedFinding): number =>
  compareText(a.file, b.file) ||
  a.line - b.line ||
  a.column - b.column ||
  compareText(a.rule, b.rule) ||
  compareText(a.message, b.message) ||
  compareText(a.cluster ?? '', b.cluster ?? '');

/** Two findings on one object and key are told apart by their order. */
const withUniqueFingerprints = (findings: readonly ReportedFinding[]): readonly ReportedFinding[] => {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const before = seen.get(finding.fingerprint) ?? 0;
    seen.set(finding.fingerprint, before + 1);
    return before === 0 ? finding : { ...finding, fingerprint: `${finding.fingerprint}-${before + 1}` };
  });
};

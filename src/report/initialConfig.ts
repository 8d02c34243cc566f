import type { Member, Mesh } from '../facts/mesh.ts';
import type { Cluster, Fleet } from '../model/index.ts';
import { compareText, valueOf } from '../model/index.ts';
import { scrubbed } from './scrub.ts';

/** A mesh-lint.yaml that says what was found, so that people can mend it. */
export const initialConfig = (fleet: Fleet, meshes: readonly Mesh[]): string => {
  const all = [...new Set(fleet.files.map((file) => file.path))].toSorted(compareText);
  const members = new Map(meshes.flatMap((mesh) => mesh.members.map((member) => [member.cluster, member] as const)));
  const clusters = fleet.clusters.toSorted((a, b) => compareText(a.name, b.name));
  const names = new Map(clusters.map(({ name }, index) => [name, plainName(name, `cluster${index + 1}`)]));
  const nameOf = (name: string): string => names.get(name) ?? name;
  return [
    '# Configuration of mesh-lint: what the files do not say, or say in a way that discovery gets wrong.',
    '# `mesh-lint facts` prints what was derived; keys that stay commented out are derived from the files.',
    'clusters:',
    ...clusters.flatMap((cluster) => clusterLines(nameOf(cluster.name), cluster, members.get(cluster), all)),
    ...(meshes.length > 1
      ? [
          'meshes:',
          ...meshes.flatMap((mesh, index) => [
            `  ${quoted(plainName(mesh.name, `mesh${index + 1}`))}:`,
            `    clusters: ${flow(mesh.members.map(({ name }) => nameOf(name)))}`,
          ]),
        ]
      : []),
    '# complete: [Service]   # kinds of which the files hold every object, so that a missing one is a finding',
    '# rules: { trust/*: error }',
    '# ignore: [{ rule: services/*, name: "canary-*", reason: "…" }]',
    '',
  ].join('\n');
};

/** A name; another one where it holds a secret. */
const plainName = (name: string, instead: string): string => (scrubbed(name) === name ? name : instead);

const clusterLines = (
  name: string,
  cluster: Cluster,
  member: Member | undefined,
  all: readonly string[],
): readonly string[] => {
  const network = member === undefined ? undefined : valueOf(member.network.fact);
  return [
    `  ${quoted(name)}:`,
    '    paths:',
    ...cover(
      cluster.files.map((file) => file.path),
      all,
    ).map((path) => `      - ${quoted(path)}`),
    `    # network: ${network === undefined ? 'network1' : quoted(scrubbed(network))}`,
    '    # podCidrs: [10.0.0.0/16]',
  ];
};

/** The fewest directories and files that hold these files and none of the others. */
const cover = (wanted: readonly string[], all: readonly string[]): readonly string[] => {
  const held = new Set(wanted);
  const found: string[] = [];
  const visit = (directory: string, files: readonly string[]): void => {
    if (!files.some((file) => held.has(file))) return;
    if (directory !== '' && files.every((file) => held.has(file))) {
      found.push(directory.slice(0, -1));
      return;
    }
    const below = new Map<string, string[]>();
    for (const file of files) {
      const slash = file.indexOf('/', directory.length);
      if (slash === -1) {
        if (held.has(file)) found.push(file);
        continue;
      }
      const name = file.slice(0, slash + 1);
      const group = below.get(name);
      if (group === undefined) below.set(name, [file]);
      else group.push(file);
    }
    for (const [name, group] of below) visit(name, group);
  };
  visit('', all);
  return found.toSorted(compareText);
};

const flow = (words: readonly string[]): string => `[${words.map(quoted).join(', ')}]`;

/** Text as a YAML scalar. */
const quoted = (text: string): string =>
  /^[A-Za-z_./][\w./-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text);

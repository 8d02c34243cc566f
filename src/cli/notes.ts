import { compareText } from '../model/index.ts';
import { printable } from '../report/paint.ts';
import { scrubbed } from '../report/scrub.ts';
import type { Session } from '../session.ts';

/** How files became clusters and meshes, and what was not read. */
export const notesText = (session: Session): string => {
  const { config, fleet, grouping, locator, notes } = session;
  const unread = fleet.clusters.flatMap(({ name, unread: documents }) =>
    documents.map((document) => ({ ...document, name })),
  );
  const lines = [
    config === undefined ? 'no mesh-lint.yaml' : `configuration ${config.file.path}`,
    ...fleet.clusters.map(({ name, because, files }) => `cluster ${name} (${files.length} files): ${because}`),
    ...grouping.meshes.map(
      (mesh) => `mesh ${mesh.name} of ${mesh.members.map(({ name }) => name).join(', ')}: ${mesh.because}`,
    ),
    ...notes.map(({ message, place, cluster }) => {
      if (place === undefined)
        return `${cluster === undefined || message.includes(cluster) ? '' : `${cluster}: `}${message}`;
      const { line, column } = locator.locate(place);
      return `${place.file.path}:${line}:${column} ${message}`;
    }),
    ...[
      ...new Set(
        unread.map(
          ({ place, why, kinds }) =>
            `${place.file.path}:${locator.locate(place).line} ${REASONS[why]}${kinds.length === 0 ? '' : ` (${kinds.join(', ')})`}`,
        ),
      ),
    ].toSorted(compareText),
  ];
  return lines.map((line) => `note: ${printable(scrubbed(line))}\n`).join('');
};

/** What nobody asked for but has to hear of: files and documents that were not checked. */
export const loudText = ({ fleet, notes }: Session): string => {
  const unread = new Set(
    fleet.clusters.flatMap((cluster) => cluster.unread.map(({ place }) => `${place.file.path}#${place.document}`)),
  );
  const lines = [
    ...notes.filter(({ isLoud }) => isLoud === true).map(({ message }) => message),
    ...(unread.size === 0
      ? []
      : [
          `${unread.size} ${unread.size === 1 ? 'document was' : 'documents were'} not read (--verbose says which and why)`,
        ]),
  ];
  return lines.map((line) => `note: ${printable(scrubbed(line))}\n`).join('');
};

const REASONS = {
  broken: 'cannot be read',
  template: 'is a template: what it renders to is not known',
  chart: 'belongs to a Helm chart: what it renders to is not known',
  kustomize: 'needs kustomize to build it',
  encrypted: 'is encrypted',
} as const;

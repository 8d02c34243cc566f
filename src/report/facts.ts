import type { Mesh } from '../facts/mesh.ts';
import type { Fleet, Note, Place, Range } from '../model/index.ts';
import type { Paint } from './paint.ts';
import { printable } from './paint.ts';
import type { FactRow, Shown } from './rows.ts';
import { factRows } from './rows.ts';
import { scrubbed } from './scrub.ts';

export interface FactsOptions {
  readonly paint: Paint;
  readonly locate: (place: Place) => Range;
  /** What grouping left out and why. */
  readonly notes?: readonly Note[] | undefined;
}

/** Every fact of every cluster with the places where it is said, for people. */
export const renderFacts = (meshes: readonly Mesh[], fleet: Fleet, options: FactsOptions): string => {
  const { paint } = options;
  const lines = meshes.flatMap((mesh) => [
    `${paint.strong(printable(`mesh ${scrubbed(mesh.name)}`))} ${paint.quiet(printable(scrubbed(`(${mesh.because})`)))}`,
    ...mesh.members.flatMap((member) => [
      '',
      `  ${paint.strong(printable(scrubbed(member.name)))} ${paint.quiet(printable(scrubbed(`(${member.cluster.because})`)))}`,
      ...factRows(mesh, member).flatMap((row) => rowLines(row, options)),
    ]),
    '',
  ]);
  const notes = [...fleet.notes, ...(options.notes ?? [])];
  return [...lines, ...notes.map((note) => noteLine(note, options))].join('\n').trimEnd() + '\n';
};

const NAME_WIDTH = 20;

const rowLines = (row: FactRow, { paint, locate }: FactsOptions): readonly string[] => [
  `    ${row.name.padEnd(NAME_WIDTH)}${headline(row, paint)}`,
  ...row.sightings.map((sighting) => {
    const shared = sighting.shared ? ' (shared)' : '';
    return paint.quiet(
      printable(
        `      ${position(sighting.place, locate)}  ${scrubbed(sighting.source)}: ${show(sighting.value)}${shared}`,
      ),
    );
  }),
];

const headline = (row: FactRow, paint: Paint): string => {
  const value = row.value === undefined ? '' : printable(show(row.value));
  if (row.state === 'conflict') return paint.severity('warning', `${value} (its files disagree)`);
  if (row.state === 'unknown')
    return printable(scrubbed(`unknown${row.reason === undefined ? '' : `: ${row.reason}`}`));
  if (row.state === 'absent') return 'not set';
  return row.reason === undefined ? value : `${value} (${row.reason})`;
};

const show = (value: Shown): string => {
  const shown = scrubbed(value);
  return typeof shown === 'object' ? shown.join(', ') : String(shown);
};

const position = (place: Place, locate: FactsOptions['locate']): string => {
  const { line, column } = locate(place);
  return `${place.file.path}:${line}:${column}`;
};

const noteLine = (note: Note, { locate }: FactsOptions): string => {
  const message = scrubbed(note.message);
  return printable(note.place === undefined ? `note: ${message}` : `note: ${position(note.place, locate)} ${message}`);
};

/** The facts as data for `--format json`; lines and columns count from 1. */
export interface FactsJson {
  readonly version: 1;
  readonly meshes: readonly {
    readonly name: string;
    readonly because: string;
    readonly clusters: readonly {
      readonly name: string;
      readonly because: string;
      readonly facts: Readonly<Record<string, FactJson>>;
    }[];
  }[];
  readonly notes: readonly {
    readonly message: string;
    readonly cluster?: string;
    readonly file?: string;
    readonly line?: number;
  }[];
}

export interface FactJson {
  readonly state: FactRow['state'];
  readonly value?: Shown;
  readonly reason?: string;
  readonly sightings: readonly {
    readonly value: Shown;
    readonly source: string;
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly shared: boolean;
  }[];
}

export const factsJson = (
  meshes: readonly Mesh[],
  fleet: Fleet,
  options: Pick<FactsOptions, 'locate' | 'notes'>,
): FactsJson =>
  scrubbed({
    version: 1,
    meshes: meshes.map((mesh) => ({
      name: mesh.name,
      because: mesh.because,
      clusters: mesh.members.map((member) => ({
        name: member.name,
        because: member.cluster.because,
        facts: Object.fromEntries(factRows(mesh, member).map((row) => [row.name, rowJson(row, options.locate)])),
      })),
    })),
    notes: [...fleet.notes, ...(options.notes ?? [])].map((note) => ({
      message: note.message,
      ...(note.cluster === undefined ? {} : { cluster: note.cluster }),
      ...(note.place === undefined ? {} : { file: note.place.file.path, line: options.locate(note.place).line }),
    })),
  });

const rowJson = (row: FactRow, locate: FactsOptions['locate']): FactJson => ({
  state: row.state,
  ...(row.value === undefined ? {} : { value: row.value }),
  ...(row.reason === undefined ? {} : { reason: row.reason }),
  sightings: row.sightings.map(({ value, source, place, shared }) => {
    const { line, column } = locate(place);
    return { value, source, file: place.file.path, line, column, shared };
  }),
});

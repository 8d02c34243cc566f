// How one field of a document becomes sightings of ranges.
import type { Path, Place } from '../../model/index.ts';
import { below, get, isRecord, isTemplate, scalar, text } from '../../model/index.ts';
import type { CidrSighting } from '../cidrs.ts';

/** What one field says of a range; `value` is undefined where the tool then takes its default. */
export interface CidrStatement {
  readonly of: 'pods' | 'services';
  readonly sighting: CidrSighting;
}

type Tier = CidrSighting['tier'];

/** A document that is being read, and where its root stands. */
export interface Document {
  readonly value: unknown;
  readonly place: Place;
  readonly shared: boolean;
}

export interface Field {
  readonly of: 'pods' | 'services';
  readonly tier: Tier;
  readonly source: string;
  readonly path: Path;
  /** What the tool takes where the field is not there. */
  readonly otherwise?: readonly string[] | undefined;
}

/**
 * Sightings of one field: a text of one or several ranges, a list of texts, or a list of maps with `cidr`.
 * An empty text is not said. Templates and bare masks are sighted too; the fact sorts them out.
 */
export const read = (document: Document, field: Field): readonly CidrStatement[] => {
  const { of, tier, source, path } = field;
  const found = get(document.value, ...path);
  const statement = (value: string, place: Place, isDefault: boolean): CidrStatement => ({
    of,
    sighting: { value, place, source, tier, isDefault, shared: document.shared },
  });
  const place = below(document.place, ...path);
  if (Array.isArray(found))
    return found.flatMap((item: unknown, index) => {
      const value = isRecord(item) ? text(item['cidr']) : scalar(item);
      return value === undefined
        ? []
        : [statement(value, below(place, index, ...(isRecord(item) ? ['cidr'] : [])), false)];
    });
  const said = split(scalar(found));
  if (said.length > 0) return said.map((value) => statement(value, place, false));
  return (field.otherwise ?? []).map((value) => statement(value, place, true));
};

export const split = (value: string | undefined): readonly string[] =>
  value === undefined ? [] : isTemplate(value) ? [value] : value.split(/[\s,]+/).filter((part) => part !== '');

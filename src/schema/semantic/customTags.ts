// Tags of spans, as Telemetry objects and mesh configs state them.
import { isTemplate } from '../../model/index.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, entriesOf, has, isFilled, numberOf } from '../violation.ts';

/** Where a tag has its value from, and what it must say of that. */
const SOURCES: Readonly<Record<string, string>> = {
  literal: 'value',
  header: 'name',
  environment: 'name',
  formatter: 'value',
};

export const TAG_SOURCES: readonly string[] = Object.keys(SOURCES);

export const checkCustomTags = (tags: Field, refuse: Refuse): void => {
  for (const [name, tag] of entriesOf(tags)) {
    if (name === '' && has(tag)) refuse(tag, 'has an empty key, but a tag has a name');
    if (isTemplate(name)) continue;
    const source = TAG_SOURCES.find((key) => has(at(tag, key)));
    if (source === undefined) continue;
    const said = at(tag, source, SOURCES[source]!);
    if (!isFilled(said) && numberOf(said) === undefined)
      refuse(said, `is missing, but a tag from ${source} needs it`, { isMissing: true });
  }
};

import { compareText } from './text.mjs';

/** Annotations and labels of Istio: kinds that may carry them, stage, and the minors in which that changed. One a line. */
export const annotationsText = (entries) => {
  const of = (kind) =>
    entries
      .filter((entry) => entry.kind === kind)
      .toSorted((a, b) => compareText(a.name, b.name))
      .map(({ name, resources, status, deprecatedSince, removedAfter }) => {
        // Alpha is what the registry calls all that has no stage of its own.
        const stage = (status ?? 'Alpha').toLowerCase();
        const deprecated = deprecatedSince === null ? {} : { deprecated: minorOf(deprecatedSince) };
        const until = removedAfter === null ? {} : { until: minorOf(removedAfter) };
        return `${JSON.stringify(name)}:${JSON.stringify({ on: resources, stage, ...deprecated, ...until })}`;
      })
      .join(',\n');
  return `{"annotations":{\n${of('annotation')}\n},\n"labels":{\n${of('label')}\n}}\n`;
};

const minorOf = (version) => Number(version.split('.')[1]);

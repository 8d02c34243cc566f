import { runLint } from '../lint.ts';
import { coloured, plain } from '../report/paint.ts';
import { renderTopology, topologyJson } from '../report/topology.ts';
import { missingReads } from '../rule/discovery/keys.ts';
import { dot } from '../report/topology/dot.ts';
import { graphOf } from '../report/topology/graph.ts';
import { mermaid } from '../report/topology/mermaid.ts';
import { svg } from '../report/topology/svg.ts';
import type { Given } from './arguments.ts';
import { TOPOLOGY_FORMATS } from './arguments.ts';
import type { Io } from './io.ts';
import { notesText } from './notes.ts';
import { formatOf, isSet, ruleOptions, sessionOptions, wantsColour } from './options.ts';

const drawings = { dot, mermaid, svg };

/** `mesh-lint topology`: gives the exit status, which findings do not change. */
export const topologyCommand = async (options: Given, io: Io): Promise<number> => {
  const { report, session } = await runLint({ ...(await sessionOptions(options, io)), ...ruleOptions(options) });
  const { fleet, grouping, locator } = session;
  if (isSet(options, 'verbose')) await io.stderr(notesText(session));
  const common = { locate: locator.locate, notes: grouping.notes, findings: report.findings, missingReads };
  const format = formatOf(options, TOPOLOGY_FORMATS);
  if (format === 'text') {
    const paint = wantsColour(options, io) ? coloured() : plain;
    await io.stdout(renderTopology(grouping.meshes, fleet, { ...common, paint }));
    return 0;
  }
  const data = topologyJson(grouping.meshes, fleet, common);
  const drawn =
    format === 'json' ? `${JSON.stringify(data, undefined, 2)}\n` : drawings[format](data.meshes.map(graphOf));
  await io.stdout(drawn);
  return 0;
};

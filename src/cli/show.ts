import { rules as allRules } from '../../rules/index.ts';
import { factsJson, renderFacts } from '../report/facts.ts';
import { coloured, plain } from '../report/paint.ts';
import { renderTopology, topologyJson } from '../report/topology.ts';
import { openSession } from '../session.ts';
import type { Given } from './arguments.ts';
import type { Io } from './io.ts';
import { notesText } from './notes.ts';
import { formatOf, isSet, sessionOptions, wantsColour } from './options.ts';

/** `mesh-lint facts` and `mesh-lint topology`: gives the exit status. */
export const showCommand = async (what: 'facts' | 'topology', options: Given, io: Io): Promise<number> => {
  const session = await openSession(await sessionOptions(options, io), allRules);
  const { fleet, grouping, locator } = session;
  const paint = wantsColour(options, io) ? coloured() : plain;
  const common = { locate: locator.locate, notes: grouping.notes };
  if (isSet(options, 'verbose')) await io.stderr(notesText(session));
  if (formatOf(options, ['text', 'json']) === 'json') {
    const data =
      what === 'facts' ? factsJson(grouping.meshes, fleet, common) : topologyJson(grouping.meshes, fleet, common);
    await io.stdout(`${JSON.stringify(data, undefined, 2)}\n`);
    return 0;
  }
  const render = what === 'facts' ? renderFacts : renderTopology;
  await io.stdout(render(grouping.meshes, fleet, { ...common, paint }));
  return 0;
};

import { rules as allRules } from '../../rules/index.ts';
import { factsJson, renderFacts } from '../report/facts.ts';
import { coloured, plain } from '../report/paint.ts';
import { openSession } from '../session.ts';
import type { Given } from './arguments.ts';
import type { Io } from './io.ts';
import { notesText } from './notes.ts';
import { formatOf, isSet, sessionOptions, wantsColour } from './options.ts';

/** `mesh-lint facts`: gives the exit status. */
export const factsCommand = async (options: Given, io: Io): Promise<number> => {
  const session = await openSession(await sessionOptions(options, io), allRules);
  const { fleet, grouping, locator } = session;
  const common = { locate: locator.locate, notes: grouping.notes };
  if (isSet(options, 'verbose')) await io.stderr(notesText(session));
  if (formatOf(options, ['text', 'json']) === 'json') {
    await io.stdout(`${JSON.stringify(factsJson(grouping.meshes, fleet, common), undefined, 2)}\n`);
    return 0;
  }
  const paint = wantsColour(options, io) ? coloured() : plain;
  await io.stdout(renderFacts(grouping.meshes, fleet, { ...common, paint }));
  return 0;
};

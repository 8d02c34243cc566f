import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rules as allRules } from '../../rules/index.ts';
import { CONFIG_NAMES } from '../config.ts';
import { UsageError } from '../engine/usageError.ts';
import { counted } from '../report/text.ts';
import { initialConfig } from '../report/initialConfig.ts';
import { scrubbed } from '../report/scrub.ts';
import { openSession } from '../session.ts';
import type { Given } from './arguments.ts';
import type { Io } from './io.ts';
import { isSet, sessionOptions } from './options.ts';

/** `mesh-lint init`: writes mesh-lint.yaml into the working directory. */
export const initCommand = async (options: Given, io: Io): Promise<number> => {
  const existing = CONFIG_NAMES.find((name) => existsSync(join(io.cwd, name)));
  if (existing !== undefined && !isSet(options, 'force'))
    throw new UsageError(`${existing} is there already; --force overwrites it`);
  const { fleet, grouping } = await openSession({ ...(await sessionOptions(options, io)), config: false }, allRules);
  const name = existing ?? CONFIG_NAMES[0];
  writeFileSync(join(io.cwd, name), initialConfig(fleet, grouping.meshes));
  await io.stdout(
    `wrote ${name}: ${counted(fleet.clusters.length, 'cluster')} (${fleet.clusters.map((cluster) => scrubbed(cluster.name)).join(', ')})\n`,
  );
  return 0;
};

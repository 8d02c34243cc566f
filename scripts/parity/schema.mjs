// Documents that the API server or istiod's webhook refuses, and documents that both take.
import { join } from 'node:path';
import { lintClusters } from './run.mjs';

export const schema = async (cases, directory, lint) => {
  let right = 0;
  const rows = [];
  for (const one of cases) {
    const refused = one.crdReject === true || one.webhookReject === true;
    const files = one.inputFiles.map((file) => join(directory, file));
    const { findings } = await lintClusters(lint, { cluster: { files } });
    const errors = findings
      .filter(({ rule, severity }) => rule.startsWith('schema/') && severity === 'error')
      .map(({ rule, message }) => `${message} [${rule}]`);
    const isRight = refused === errors.length > 0;
    if (isRight) right += 1;
    rows.push({
      id: one.id,
      name: one.name,
      missing: !isRight && refused ? [`an error for ${one.kind}`] : [],
      extra: !isRight && !refused ? errors : [],
    });
  }
  return { rows, total: `${right} of ${cases.length} cases` };
};

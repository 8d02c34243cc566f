/** By code unit: the same on every machine. */
export const compareText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** One node on a line, so that a change of one release is a change of few lines. */
export const nodesText = ({ nodes, ...rest }) => {
  const head = Object.entries(rest).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return `{${[...head, `"nodes":[\n${nodes.map((node) => JSON.stringify(node)).join(',\n')}\n]`].join(',\n')}}\n`;
};

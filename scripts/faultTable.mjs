// The table of `npm run faults`: what was injected, what had to be found, what was found, what came besides.
const column = (text, width) => (text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width));

export default class FaultTable {
  onTestRunEnd(modules) {
    const rows = modules.flatMap((module) =>
      [...module.children.allTests()].flatMap((test) => {
        const { fault } = test.meta();
        return fault === undefined ? [] : [fault];
      }),
    );
    const errors = modules.flatMap((module) => [
      ...module.errors(),
      ...[...module.children.allTests()]
        .filter((test) => test.meta().fault === undefined)
        .flatMap((test) => test.result().errors ?? []),
    ]);
    let fleet = '';
    for (const row of rows.toSorted((a, b) => (a.fleet < b.fleet ? -1 : a.fleet > b.fleet ? 1 : 0))) {
      if (row.fleet !== fleet) console.log(`\n${(fleet = row.fleet)}`);
      const state = row.isSeen && row.extraErrors.length === 0 ? 'ok  ' : 'FAIL';
      console.log(`  ${state} ${column(row.name, 90)} expected ${row.expected}`);
      for (const seen of row.isSeen ? row.seen.slice(0, 1) : row.seen) console.log(`         seen  ${seen}`);
      for (const extra of row.extra) console.log(`         extra ${extra}`);
    }
    for (const error of errors) console.log(`\n${error.stack ?? error.message}`);
    const good = rows.filter((row) => row.isSeen && row.extraErrors.length === 0).length;
    console.log(`\n${good} of ${rows.length} faults found, nothing else called an error`);
  }
}

import testSequencer from "@jest/test-sequencer";

// Its types are of a module of ES that Node would wrap.
const Sequencer = testSequencer as unknown as typeof testSequencer.default;
type Tests = Parameters<InstanceType<typeof Sequencer>["sort"]>[0];

/**
 * Begins with the suites that start programs and wait for them and with those that simulate, so that none is left at the
 * end for one core alone.
 */
export default class extends Sequencer {
  override async sort(tests: Tests): Promise<Tests> {
    const sorted = await super.sort(tests);
    const isSlow = ({ path }: Tests[number]) => /\/test\/(e2e|workers\/simul)/.test(path);
    return [...sorted.filter(isSlow), ...sorted.filter((test) => !isSlow(test))];
  }
}

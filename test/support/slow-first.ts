import testSequencer from "@jest/test-sequencer";

// Its types are of a module of ES that Node would wrap.
const Sequencer = testSequencer as unknown as typeof testSequencer.default;
type Tests = Parameters<InstanceType<typeof Sequencer>["sort"]>[0];

/** What takes longest, the longest first: a clean checkout does not know how long anything took. */
const slow = [
  "e2e/kill",
  "workers/simul",
  "infra/rules-of-aws",
  "workers/inbound-files-(deaths|costs)",
  "e2e/",
  "unit/new-route",
  "contract/(silent-aws|embedded-direct)",
].map((name) => new RegExp(`/test/${name}`));

/** Begins with what takes long, such as suites that start programs, so that none is left at the end for one core alone. */
export default class extends Sequencer {
  override async sort(tests: Tests): Promise<Tests> {
    const sorted = await super.sort(tests);
    const placeOf = ({ path }: Tests[number]) => {
      const place = slow.findIndex((name) => name.test(path));
      return place < 0 ? slow.length : place;
    };
    // Those of one place stay in their order.
    return sorted.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}

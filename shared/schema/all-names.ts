import type * as v from "valibot";

/** Fields that Valibot drops without a word: every object has something under these names. */
const dropped = ["__proto__", "prototype", "constructor"];

type Open =
  | v.RecordSchema<v.BaseSchema<string, string, v.BaseIssue<unknown>>, v.GenericSchema, undefined>
  | v.ObjectWithRestSchema<v.ObjectEntries, v.GenericSchema, undefined>;

/** The same schema of an object with names of any choice, which takes each name like any other. */
export function allNames<S extends Open>(schema: S): S {
  const values = "value" in schema ? schema.value : schema.rest;
  const run: S["~run"] = (dataset, config) => {
    const given: unknown = dataset.value;
    const read = schema["~run"](dataset, config);
    if (typeof given !== "object" || given === null) return read;
    for (const key of dropped) {
      if (!Object.hasOwn(given, key)) continue;
      const value: unknown = Reflect.get(given, key);
      const part = values["~run"]({ value }, config);
      part.issues?.forEach((issue) => {
        const here = {
          type: "object",
          origin: "value",
          input: given,
          key,
          value,
        } as v.ObjectPathItem;
        addIssue(read, { ...issue, path: [here, ...(issue.path ?? [])] });
      });
      // An assignment to `__proto__` would set no field.
      const field = { value: part.value, enumerable: true, configurable: true, writable: true };
      if (isObject(read.value)) Object.defineProperty(read.value, key, field);
    }
    return read;
  };
  return { ...schema, "~run": run };
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Valibot's own way: a result gets its issues by being changed. */
function addIssue(read: { issues?: unknown }, issue: v.BaseIssue<unknown>): void {
  read.issues = [...((read.issues ?? []) as v.BaseIssue<unknown>[]), issue];
}

import * as v from "valibot";

/** What two schemas are called in the reference, and a sentence of what they are: one sent and one answered, mostly. */
export type NameAndText = readonly [name: string, text: string];

/** A schema under such a name; its fields stay within reach. */
export const named = <S extends v.GenericSchema>(
  schema: S,
  [name, text]: NameAndText,
): v.SchemaWithPipe<
  readonly [
    S,
    v.TitleAction<v.InferOutput<S>, string>,
    v.DescriptionAction<v.InferOutput<S>, string>,
  ]
> => v.pipe(schema, v.title(name), v.description(text));

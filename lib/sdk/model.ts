/** What a value is. Names refer to `types` of the model. */
export type TypeRef =
  | { readonly kind: "string" | "time" | "integer" | "number" | "boolean" | "unknown" | "null" }
  | { readonly kind: "literal"; readonly value: string | number | boolean }
  | { readonly kind: "enum"; readonly values: readonly string[]; readonly open: boolean }
  | { readonly kind: "list"; readonly items: TypeRef }
  | { readonly kind: "map"; readonly values: TypeRef }
  | { readonly kind: "ref"; readonly name: string }
  | { readonly kind: "nullable"; readonly of: TypeRef }
  | { readonly kind: "union"; readonly members: readonly TypeRef[] };

/** One field of an object, or one parameter, with its name on the wire. */
export interface Field {
  readonly name: string;
  readonly type: TypeRef;
  readonly required: boolean;
  readonly description?: string;
}

/** Where a type stands: in what is sent, in what is answered, or in both. */
export interface Use {
  readonly input: boolean;
  readonly output: boolean;
}

/** A type with a name of its own: a component of the document. */
export type NamedType = {
  readonly name: string;
  readonly description?: string;
  readonly use: Use;
} & (
  | {
      readonly kind: "object";
      readonly fields: readonly Field[];
      /** What further fields hold, where the object is meant to have some. */
      readonly rest?: TypeRef;
    }
  | {
      readonly kind: "enum";
      readonly values: readonly string[];
      /** Whether values may be added one day. */
      readonly open: boolean;
    }
  | {
      /** Objects, told apart by a field. Variants may be added one day where it is answered. */
      readonly kind: "variants";
      readonly discriminator: string;
      readonly variants: readonly { readonly value: string; readonly type: string }[];
    }
  | { readonly kind: "alias"; readonly type: TypeRef }
);

/** What a method answers: one resource out of `data`, a page of them, or JSON without an envelope. */
export interface Answer {
  readonly kind: "one" | "page" | "raw";
  /** That of one row where it is a page. */
  readonly type: TypeRef;
}

/** One operation. */
export interface Method {
  /** In snake case, as `list_executions`; `resource` before it: `agent_loops`. */
  readonly name: string;
  readonly resource: string;
  readonly operationId: string;
  readonly http: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** Below the base of the API: `/agent-loops/{id}/executions`. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  /** Parameters of the path, in its order. */
  readonly params: readonly Field[];
  /** Without `page`, `per_page` and `cursor` of pages, which every page has. */
  readonly query: readonly Field[];
  readonly body?: {
    readonly type: TypeRef;
    /** Whether one has to be given. */
    readonly required: boolean;
  };
  readonly answer: Answer;
  /** Whether it needs an API key. */
  readonly authorized: boolean;
  /** The field of its answer that names what was deleted, and the parameter that has it: a repeat answers 404. */
  readonly deletes?: { readonly field: string; readonly parameter: string };
  readonly example: {
    readonly params: Readonly<Record<string, string>>;
    /** Required parameters of the query. */
    readonly query: Readonly<Record<string, unknown>>;
    readonly body?: unknown;
    /** The whole answer, with its envelope. */
    readonly answer: unknown;
    readonly status: number;
  };
}

/** Methods that belong together. */
export interface Resource {
  /** In snake case: `agent_loops`. */
  readonly name: string;
  readonly description: string;
  readonly methods: readonly Method[];
}

/** The error of a status: `NotFoundError`. */
export interface StatusError {
  readonly status: number;
  readonly name: string;
}

/** An event that endpoints are told of. */
export interface WebhookEvent {
  /** `message.received` */
  readonly type: string;
  /** The type of its body. */
  readonly name: string;
  readonly summary: string;
  readonly example: unknown;
}

/** Everything that an SDK is made of, without a word of any language. */
export interface SdkModel {
  readonly version: string;
  readonly resources: readonly Resource[];
  /** Every type that is reached from a method or an event, by name. */
  readonly types: readonly NamedType[];
  /** One for each status of an error; `InternalServerError` also stands for every other from 500 on. */
  readonly errors: readonly StatusError[];
  /** The names of types that every SDK handles: codes of errors, details of errors, the place of a page, any event. */
  readonly known: {
    readonly errorCode: string;
    readonly errorDetail: string;
    readonly pageMeta: string;
    readonly event: string;
    readonly backendRequest: string;
    readonly backendReply: string;
  };
  readonly events: readonly WebhookEvent[];
  readonly backendExample: { readonly request: unknown; readonly reply: unknown };
}

/** All methods, resource by resource. */
export const methodsOf = ({ resources }: SdkModel): readonly Method[] =>
  resources.flatMap(({ methods }) => methods);

/** `agent_loops.list_executions` */
export const fullName = ({ resource, name }: Pick<Method, "resource" | "name">) =>
  `${resource}.${name}`;

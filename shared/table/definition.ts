/** A key attribute: text (`S`) or a number (`N`). */
interface KeyAttribute {
  readonly name: string;
  readonly type: "S" | "N";
}

/** The table as plain data. */
export interface TableDefinition {
  readonly partitionKey: KeyAttribute;
  readonly sortKey: KeyAttribute;
  /** The attribute with the unix second after which a row may be removed. */
  readonly timeToLiveAttribute: string;
  readonly indexes: readonly {
    readonly name: "listed" | "due";
    readonly partitionKey: KeyAttribute;
    readonly sortKey: KeyAttribute;
    /** What the index holds beside the keys. DynamoDB cannot change this once the index exists. */
    readonly include: readonly string[];
  }[];
}

/**
 * The one table of the product, for CDK and for one machine.
 * `listed` holds the children of a parent in list order, `due` what must still happen.
 */
export const tableDefinition: TableDefinition = {
  partitionKey: { name: "pk", type: "S" },
  sortKey: { name: "sk", type: "S" },
  timeToLiveAttribute: "remove_at",
  indexes: [
    {
      name: "listed",
      partitionKey: { name: "list_pk", type: "S" },
      sortKey: { name: "list_sk", type: "S" },
      include: [
        "channel_id",
        "platform",
        "chat_id",
        "thread_id",
        "user",
        "message_count",
        "last_message_at",
        "created_at",
        "updated_at",
        "metadata",
        "status",
        "trigger",
        "event_type",
        "name",
        "plan",
        "erasing",
        "remove_at",
      ],
    },
    {
      name: "due",
      partitionKey: { name: "due_shard", type: "N" },
      sortKey: { name: "due_at", type: "N" },
      include: ["sweeps"],
    },
  ],
};

/** The partitions of the index `due`; the counters of a channel are spread over as many. */
export const shards: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7];

/** Which of the partitions of the index `due` a work item stands in. */
export const dueShard = (pk: string): number => shardOf(pk, shards.length);

/** The partitions that the figures of a bot, and the usage of a team, are spread over. */
export const figureShards: readonly number[] = Array.from({ length: 16 }, (_, shard) => shard);

/** Which of them counts what belongs to this text, such as the id of a conversation. */
export const figureShard = (text: string): number => shardOf(text, figureShards.length);

function shardOf(text: string, count: number): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (hash * 31 + text.charCodeAt(index)) | 0;
  return Math.abs(hash) % count;
}

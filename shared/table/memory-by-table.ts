import { BoundedMap } from "../runtime/bounded-map.ts";
import type { Table } from "./table.ts";

/** Gives the memory of the process that has a table: of simulated ones each has its own. */
export function memoryByTable<K, V>(most: number): (table: Table) => BoundedMap<K, V> {
  const memories = new WeakMap<Table, BoundedMap<K, V>>();
  return (table) => {
    const memory = memories.get(table) ?? new BoundedMap(most);
    memories.set(table, memory);
    return memory;
  };
}

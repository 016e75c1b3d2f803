import { validationError } from "../aws-error.ts";
import {
  attribute,
  type AttributeValue,
  type EngineItem,
  setAttribute,
  typeOf,
} from "./attribute-value.ts";
import type { Values } from "./condition-expression.ts";
import { type DocumentPath, valueAt } from "./document-path.ts";
import { addNumbers, subtractNumbers } from "./number.ts";
import type { UpdateAction, UpdateOperand } from "./update-expression.ts";

/** The item after the update; `before` is left as it was. Every operand reads the item as it was before. */
export function updated(
  before: EngineItem,
  actions: readonly UpdateAction[],
  values: Values,
): EngineItem {
  const after: EngineItem = { ...before };
  // Attributes that a nested path changes are copied first, so that the old item stays as it was.
  for (const { path } of actions) {
    const top = path.length > 1 ? attribute(after, path[0]) : undefined;
    if (top !== undefined) setAttribute(after, path[0], structuredClone(top));
  }
  const removals: DocumentPath[] = [];
  for (const action of inListOrder(actions)) {
    switch (action.kind) {
      case "SET":
        put(after, action.path, evaluate(action.operand, before, values));
        break;
      case "REMOVE":
        removals.push(action.path);
        break;
      case "ADD":
        add(after, before, action.path, values[action.value] ?? {});
        break;
      case "DELETE":
        subtract(after, before, action.path, values[action.value] ?? {});
        break;
    }
  }
  remove(after, before, removals);
  return after;
}

/** Several values set beyond a list's end are appended in the order of their positions. */
const inListOrder = (actions: readonly UpdateAction[]) =>
  actions.some(({ path }) => path.length > 1)
    ? actions.toSorted((a, b) => lastPosition(a.path) - lastPosition(b.path))
    : actions;

const wrongOperand = () =>
  validationError("An operand in the update expression has an incorrect data type");

function evaluate(operand: UpdateOperand, before: EngineItem, values: Values): AttributeValue {
  switch (operand.kind) {
    case "value":
      return values[operand.name] ?? {};
    case "path": {
      const value = valueAt(before, operand.path);
      if (value === undefined) {
        throw validationError(
          "The provided expression refers to an attribute that does not exist in the item",
        );
      }
      return value;
    }
    case "if_not_exists":
      return valueAt(before, operand.path) ?? evaluate(operand.otherwise, before, values);
    case "list_append": {
      const left = evaluate(operand.left, before, values);
      const right = evaluate(operand.right, before, values);
      if (left.L === undefined || right.L === undefined) throw wrongOperand();
      return { L: [...left.L, ...right.L] };
    }
    case "+":
    case "-": {
      const left = evaluate(operand.left, before, values);
      const right = evaluate(operand.right, before, values);
      if (left.N === undefined || right.N === undefined) throw wrongOperand();
      return {
        N: operand.kind === "+" ? addNumbers(left.N, right.N) : subtractNumbers(left.N, right.N),
      };
    }
  }
}

function add(
  after: EngineItem,
  before: EngineItem,
  path: DocumentPath,
  change: AttributeValue,
): void {
  const old = valueAt(before, path);
  if (old === undefined) {
    put(after, path, change);
    return;
  }
  if (change.N !== undefined && old.N !== undefined) {
    put(after, path, { N: addNumbers(old.N, change.N) });
    return;
  }
  const type = setType(old, change);
  put(after, path, { [type]: [...new Set([...(old[type] ?? []), ...(change[type] ?? [])])] });
}

function subtract(
  after: EngineItem,
  before: EngineItem,
  path: DocumentPath,
  change: AttributeValue,
): void {
  placeOf(after, path);
  const old = valueAt(before, path);
  if (old === undefined) return;
  const type = setType(old, change);
  const gone = new Set(change[type]);
  const rest = (old[type] ?? []).filter((member) => !gone.has(member));
  if (rest.length > 0) put(after, path, { [type]: rest });
  else remove(after, before, [path]);
}

function setType(old: AttributeValue, change: AttributeValue): "SS" | "NS" | "BS" {
  const type = typeOf(change);
  if ((type !== "SS" && type !== "NS" && type !== "BS") || old[type] === undefined) {
    throw wrongOperand();
  }
  return type;
}

/** Where the last step of a path leads: a position of a list, or a name in a map. */
type Place =
  | { readonly list: AttributeValue[]; readonly position: number }
  | { readonly map: EngineItem; readonly name: string };

/** The place that a path leads to, empty or not; refused when its parent is missing or of another kind. */
function placeOf(item: EngineItem, [first, ...rest]: DocumentPath): Place {
  const last = rest.pop();
  if (last === undefined) return { map: item, name: first };
  const parent = valueAt(item, [first, ...rest]);
  if (typeof last === "number" && parent?.L !== undefined) {
    return { list: parent.L, position: last };
  }
  if (typeof last === "string" && parent?.M !== undefined) return { map: parent.M, name: last };
  throw validationError(
    "The document path provided in the update expression is invalid for update",
  );
}

function put(item: EngineItem, path: DocumentPath, value: AttributeValue): void {
  const place = placeOf(item, path);
  if ("map" in place) setAttribute(place.map, place.name, value);
  else if (place.position < place.list.length) place.list[place.position] = value;
  else place.list.push(value);
}

/** Positions in lists are those before the update, so the last of a list goes first. */
function remove(after: EngineItem, before: EngineItem, paths: readonly DocumentPath[]): void {
  for (const path of paths.toSorted((a, b) => lastPosition(b) - lastPosition(a))) {
    const place = placeOf(after, path);
    if ("map" in place) delete place.map[place.name];
    else if (valueAt(before, path) !== undefined) place.list.splice(place.position, 1);
  }
}

function lastPosition(path: DocumentPath): number {
  const last = path.at(-1);
  return typeof last === "number" ? last : -1;
}

/** The old or new values at the paths an update touched, nested as in the item. */
export const touched = (item: EngineItem, actions: readonly UpdateAction[]): EngineItem =>
  project(
    item,
    actions.map((action) => action.path),
  );

/** The parts of an item that the paths name; positions of a list close up. */
export function project(item: EngineItem, paths: readonly DocumentPath[]): EngineItem {
  const result: EngineItem = {};
  const lists: { list: AttributeValue[]; positions: number[] }[] = [];
  for (const path of paths) {
    const value = valueAt(item, path);
    if (value !== undefined) place(result, path, value, lists);
  }
  return result;
}

function place(
  result: EngineItem,
  path: DocumentPath,
  value: AttributeValue,
  lists: { list: AttributeValue[]; positions: number[] }[],
): void {
  let container: AttributeValue = { M: result };
  for (const [index, step] of path.entries()) {
    const last = index === path.length - 1;
    const next = last ? value : typeof path[index + 1] === "number" ? { L: [] } : { M: {} };
    container =
      typeof step === "number"
        ? placeInList(container.L ?? [], step, next, lists)
        : placeInMap(container.M ?? {}, step, next, last);
  }
}

function placeInMap(
  map: EngineItem,
  name: string,
  next: AttributeValue,
  last: boolean,
): AttributeValue {
  const existing = attribute(map, name);
  if (existing !== undefined && !last) return existing;
  setAttribute(map, name, next);
  return next;
}

function placeInList(
  list: AttributeValue[],
  position: number,
  next: AttributeValue,
  lists: { list: AttributeValue[]; positions: number[] }[],
): AttributeValue {
  let known = lists.find((entry) => entry.list === list);
  if (known === undefined) {
    known = { list, positions: [] };
    lists.push(known);
  }
  const same = known.positions.indexOf(position);
  const existing = list[same];
  if (existing !== undefined) return existing;
  const at = known.positions.filter((other) => other < position).length;
  known.positions.splice(at, 0, position);
  list.splice(at, 0, next);
  return next;
}

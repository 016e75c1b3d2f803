import { validationError } from "../aws-error.ts";
import { typeOf, type ValueType } from "./attribute-value.ts";
import type { Values } from "./condition-expression.ts";
import type { UpdateAction, UpdateOperand } from "./update-expression.ts";

const typeNames: Readonly<Record<ValueType, string>> = {
  S: "STRING",
  N: "NUMBER",
  B: "BINARY",
  BOOL: "BOOLEAN",
  NULL: "NULL",
  SS: "STRING_SET",
  NS: "NUMBER_SET",
  BS: "BINARY_SET",
  L: "LIST",
  M: "MAP",
};

/** Refuses, before any item is read, values whose types an update's operators can never take. */
export function checkUpdateOperands(actions: readonly UpdateAction[], values: Values): void {
  for (const action of actions) {
    if (action.kind === "SET") checkOperand(action.operand, values);
    if (action.kind === "ADD" || action.kind === "DELETE") {
      const type = typeOf(values[action.value] ?? {});
      const isSet = type === "SS" || type === "NS" || type === "BS";
      if (!isSet && !(action.kind === "ADD" && type === "N")) {
        throw incorrect(
          `operator: ${action.kind}, operand type: ${typeNames[type]}, typeSet: ALLOWED_FOR_${action.kind}_OPERAND`,
        );
      }
    }
  }
}

function checkOperand(operand: UpdateOperand, values: Values): void {
  switch (operand.kind) {
    case "path":
    case "value":
      return;
    case "if_not_exists":
      checkOperand(operand.otherwise, values);
      return;
    case "list_append":
    case "+":
    case "-":
      for (const side of [operand.left, operand.right]) {
        checkOperand(side, values);
        const value = side.kind === "value" ? values[side.name] : undefined;
        const type = value && typeOf(value);
        if (type !== undefined && type !== (operand.kind === "list_append" ? "L" : "N")) {
          throw incorrect(`operator or function: ${operand.kind}, operand type: ${type}`);
        }
      }
  }
}

const incorrect = (what: string) =>
  validationError(
    `Invalid UpdateExpression: Incorrect operand type for operator or function; ${what}`,
  );

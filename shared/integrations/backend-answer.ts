import type { FileKind } from "../models/file-kinds.ts";
import type { Attachment } from "../schema/content.ts";
import type { BackendErrorCode } from "./backend-error-code.ts";

/** How a call ended. `status` is the HTTP status, if there was one. */
export type BackendAnswer =
  | {
      readonly ok: true;
      readonly status: number | null;
      readonly content: string;
      readonly attachments: Attachment[];
      readonly metadata: Record<string, unknown>;
      readonly refuses?: Refuses;
    }
  | {
      readonly ok: false;
      readonly status: number | null;
      readonly code: BackendErrorCode;
      readonly message: string;
      readonly refuses?: Refuses;
    };

/** Kinds of files that a model said it does not take, when it was given some. */
type Refuses = readonly FileKind[];

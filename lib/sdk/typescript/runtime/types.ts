// Stands in for the generated types, as far as the run-time needs them, so that it can be read and checked by itself.
// The package has the generated file of this name in its place.

export type ErrorCode = string;

export interface ErrorDetail {
  path: string;
  message: string;
}

export interface PageMeta {
  next_cursor: string | null;
}

export interface BackendRequest {
  messages: unknown[];
}

export interface BackendReply {
  content: string;
}

export interface MessageSend {
  message_id?: string | null | undefined;
}

export interface Message {
  id: string;
}

export interface MessageSendResult {
  message: Message;
  reply: Message | null;
}

export interface Execution {
  id: string;
  status: string;
}

export interface Step {
  number: number;
  status: string;
}

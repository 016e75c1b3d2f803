/**
 * The name of a stage's table. Fixed, so that the operator's commands find it without asking, and so that no deployment
 * can put an empty table in its place: CloudFormation refuses to replace what has a name.
 */
export const tableNameOf = (stage: string) => `chatbot-platform-${stage}`;

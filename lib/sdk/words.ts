/** "agentLoops", "Agent loops", "agent-loops" and "AgentLoops" are all `agent`, `loops`. */
export const wordsOf = (name: string): readonly string[] =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "")
    .map((word) => word.toLowerCase());

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

/** "agent_loops" */
export const snake = (name: string) => wordsOf(name).join("_");

/** "AgentLoops" */
export const pascal = (name: string) => wordsOf(name).map(capital).join("");

/** "agentLoops" */
export const camel = (name: string) => {
  const [first = "", ...rest] = wordsOf(name);
  return first + rest.map(capital).join("");
};

/** `entries` → `entry`, `bots` → `bot` */
export const singular = (name: string) => name.replace(/ies$/, "y").replace(/([^s])s$/, "$1");

/** `get a bot` → `Get a bot.` */
export const sentence = (text: string) => (/[.!?:]$/.test(text) ? text : `${text}.`);

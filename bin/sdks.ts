// Writes the SDKs of this checkout to `dist/sdks` and packs them there.
import { chosenOf, readCommandLine } from "#lib/command-line";
import { loadManifest } from "#lib/manifest";
import { languages } from "#lib/sdk/languages";
import { servedApi } from "#lib/sdk/samples";
import { writeSdk } from "#lib/sdk/write-sdk";

const names = languages.map(({ name }) => name);
const help = `Usage: npm run sdks -- [LANGUAGE…]

Writes the SDKs of this checkout to dist/sdks and packs them there: ${names.join(", ")}.
`;
const args = process.argv.slice(2);
const asked = readCommandLine({ name: "sdks", help }, args, () => chosenOf(names, args));
const { model } = servedApi(await loadManifest());
for (const language of languages) {
  if (!asked.includes(language.name)) continue;
  console.log(await writeSdk(language, model, "dist/sdks"));
}

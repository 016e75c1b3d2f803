// `npm run sdks [-- typescript …]`: writes the SDKs of this checkout to `dist/sdks` and packs them there.
import { loadManifest } from "#lib/manifest";
import { languages } from "#lib/sdk/languages";
import { servedApi } from "#lib/sdk/samples";
import { writeSdk } from "#lib/sdk/write-sdk";

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !languages.some((language) => language.name === name));
if (unknown !== undefined) {
  console.error(`There is no SDK in ${unknown}: ${languages.map(({ name }) => name).join(", ")}.`);
  process.exit(1);
}
const { model } = servedApi(await loadManifest());
for (const language of languages) {
  if (asked.length > 0 && !asked.includes(language.name)) continue;
  console.log(await writeSdk(language, model, "dist/sdks"));
}

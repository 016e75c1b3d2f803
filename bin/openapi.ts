// Prints the OpenAPI document of this checkout, as it is served.
import { loadManifest } from "#lib/manifest";
import { servedApi } from "#lib/sdk/samples";

console.log(JSON.stringify(servedApi(await loadManifest()).document, null, 2));

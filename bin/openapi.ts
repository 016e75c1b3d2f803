// Prints the OpenAPI document of this checkout, as it is served.
import { loadManifest } from "#lib/manifest";
import { documentWithSamples } from "#lib/sdk/samples";

console.log(JSON.stringify(documentWithSamples(await loadManifest()), null, 2));

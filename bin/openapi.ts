// Prints the OpenAPI document of this checkout.
import { loadManifest } from "#lib/manifest";
import { openApiDocument } from "#lib/openapi/document";
import { version } from "#shared/runtime/version";

console.log(JSON.stringify(openApiDocument(await loadManifest(), { version }), null, 2));

// Writes src/api/schema.ts, the types of the interface, from the golden OpenAPI document that the Rust tests compare
// with what the program says: a change of the interface that the dashboard does not follow fails to compile.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const golden = join(
  here,
  "../../src/api/v1/snapshots/web__api__v1__openapi__tests__the_document_is_the_golden_one.snap",
);
const out = join(here, "../src/api/schema.ts");

const text = readFileSync(golden, "utf8");
const { components } = JSON.parse(text.slice(text.indexOf("\n---\n", 3) + 5));

function typeOf(schema) {
  if (schema === undefined || schema === true) return "unknown";
  if (schema.$ref) return schema.$ref.split("/").pop();
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choices.map(typeOf).join(" | ");
  if (schema.allOf) return schema.allOf.map(typeOf).join(" & ");
  if (schema.enum) return schema.enum.map((v) => JSON.stringify(v)).join(" | ");
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type })).join(" | ");
  switch (schema.type) {
    case "array":
      return `Array<${typeOf(schema.items)}>`;
    case "object":
      return schema.properties ? `{\n${fields(schema)}}` : `Record<string, ${typeOf(schema.additionalProperties)}>`;
    case "integer":
    case "number":
      return "number";
    case "boolean":
    case "string":
    case "null":
      return schema.type;
    default:
      throw new Error(`no type for ${JSON.stringify(schema)}`);
  }
}

function fields(schema) {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {})
    .map(([name, of]) => `${comment(of, "  ")}  ${JSON.stringify(name)}${required.has(name) ? "" : "?"}: ${typeOf(of)};\n`)
    .join("");
}

function comment(schema, indent) {
  const said = schema.description?.replaceAll("*/", "* /").split("\n").join(`\n${indent} * `);
  return said ? `${indent}/** ${said} */\n` : "";
}

const types = Object.entries(components.schemas).map(
  ([name, schema]) => `${comment(schema, "")}export type ${name} = ${typeOf(schema)};\n`,
);
const written = `// Written by scripts/types.mjs.\n\n${types.join("\n")}`;
let before = "";
try {
  before = readFileSync(out, "utf8");
} catch {
  // It is not there yet.
}
if (before !== written) {
  writeFileSync(`${out}.new`, written);
  renameSync(`${out}.new`, out);
}

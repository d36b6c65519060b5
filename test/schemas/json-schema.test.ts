import { describe, expect, it } from "vitest";
import { jsonSchemas } from "../../schemas/json-schema.ts";

describe("JSON Schema for other languages", () => {
  // After a change of the event schemas: npx vitest run test/schemas/json-schema.test.ts -u
  it.each(Object.entries(jsonSchemas()))("schemas/json/%s is what the schemas say", async (name, schema) => {
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(`../../schemas/json/${name}`);
  });
});

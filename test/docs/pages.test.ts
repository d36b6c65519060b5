import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DETECTORS } from "../../detectors/registry.ts";
import { exampleOf } from "./example-message.ts";
import { detectorPage } from "./page.ts";
import { SCENES, type Scene } from "./scenes.ts";

describe("the pages of the detectors", () => {
  // After a change of a detector, its options or its words: npm run docs
  it.each(DETECTORS.map((detector) => [detector.name, detector] as const))(
    "docs/detectors/%s.md is what the detector declares and says",
    async (name, detector) => {
      const scene = SCENES[name] as Scene;
      const page = detectorPage(detector, scene, await exampleOf(name, scene));
      await expect(page).toMatchFileSnapshot(`../../docs/detectors/${name}.md`);
    },
    60_000,
  );

  it("are there for every detector and no other, and the README links each", () => {
    const files = DETECTORS.map(({ name }) => `${name}.md`).sort();
    expect(readdirSync("docs/detectors").sort()).toEqual(files);
    const readme = readFileSync("README.md", "utf8");
    expect(files.filter((file) => !readme.includes(`(docs/detectors/${file})`))).toEqual([]);
  });
});

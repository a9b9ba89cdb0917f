// Without Chromium nothing of its tests runs, and each says why.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const suite = new URL("chromium.mjs", import.meta.url);

function run(executable) {
  const program = `
    import { suite } from ${JSON.stringify(suite)};
    const { before, after, test } = suite(${JSON.stringify(executable)});
    before(() => console.log("before ran"));
    after(() => console.log("after ran"));
    test("the page", () => console.log("test ran"));`;
  const { NODE_TEST_CONTEXT, ...env } = process.env; // else it reports to us, in bytes
  return spawnSync(process.execPath, ["--input-type=module", "--test-reporter=tap", "-e", program], { env, encoding: "utf8" }).stdout;
}

test("without Chromium its tests are skipped, and say why", () => {
  const said = run();
  assert.match(said, /^ok 1 - the page # SKIP no Chromium is installed.*CHROMIUM/m);
  assert.doesNotMatch(said, /ran/);
});

test("with it they run", () => {
  const said = run("/usr/bin/chromium");
  for (const part of ["before", "test", "after"]) assert.match(said, new RegExp(`${part} ran`));
  assert.doesNotMatch(said, /SKIP/);
});

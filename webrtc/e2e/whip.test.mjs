// Publishing to a media server of somebody else's: pion's example of WHIP and WHEP,
// which takes H.264 alone. A browser plays the picture from there; the server is
// killed and started again, and the picture comes back by itself.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, test } from "./chromium.mjs";
import { browser, open, out, received, stylecam, until } from "./rig.mjs";

const version = "v4.2.26";
const example = `github.com/pion/webrtc/v4/examples/whip-whep@${version}`;
let chromium, server, cam, folder, missing;

before(async () => {
  try {
    execFileSync("go", ["install", example], { env: { ...process.env, GOBIN: out, GOFLAGS: "", CGO_ENABLED: "0" }, cwd: out, stdio: "pipe" });
    const { Dir } = JSON.parse(execFileSync("go", ["mod", "download", "-json", `github.com/pion/webrtc/v4@${version}`], { cwd: "/" }));
    folder = join(Dir, "examples", "whip-whep");
  } catch (e) {
    missing = `pion's example cannot be installed here: ${e.message}`;
    return;
  }
  chromium = await browser();
});

after(async () => {
  await chromium?.close();
  await cam?.stop();
  server?.kill();
});

const answers = () => fetch("http://localhost:8080/").then((r) => r.ok, () => false);

async function start() { // the example's port is fixed
  assert.equal(await answers(), false, "something else has port 8080");
  server = spawn(join(out, "whip-whep"), { cwd: folder, stdio: "ignore" });
  await until("the server answers", async () => {
    assert.equal(server.exitCode, null, "the server ended");
    return answers();
  });
}

// play opens the server's own page and waits for pictures.
async function play() {
  const page = await open(chromium, "http://localhost:8080/");
  await page.evaluate(() => globalThis.doWHEP());
  await until("thirty pictures come from the server", async () => (await received(page)).frames >= 30);
  await page.context().close();
}

test("a browser plays from a server what stylecam publishes, also after a restart", async (t) => {
  if (missing) return t.skip(missing);
  await start();
  cam = await stylecam("-v", "--input", "demo", "--size", "320x240", "--quality", "fast", "--fps", "10", "--out", "whip:http://localhost:8080/whip");
  await until("it is published", () => cam.said().includes("msg=publishing"));
  await play();

  server.kill("SIGKILL");
  await once(server, "exit");
  await until("the loss is noticed", () => cam.said().includes("trying again"));
  await start();
  await until("it is published again", () => cam.said().match(/msg=publishing/g).length === 2);
  await play();
  assert.equal(await cam.stop(), 130);
});

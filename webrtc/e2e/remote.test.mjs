// From another machine's point of view: HTTPS, a token, and who may do what.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "./chromium.mjs";
import { barriers, browser, open, out, received, stylecam, until } from "./rig.mjs";

let cam, chromium, base;

before(async () => {
  cam = await stylecam("--input", "demo", "--size", "320x240", "--quality", "fast", "--fps", "10", "--out", "webrtc", "--webrtc-address", "0.0.0.0:0", "--webrtc-tls", "self");
  chromium = await browser();
  base = new URL("/", cam.url).href;
});

after(async () => {
  await chromium?.close();
  await cam?.stop();
});

const visit = (url) => open(chromium, url, { ignoreHTTPSErrors: true, viewport: { width: 390, height: 844 } });

const status = (page, path) => page.evaluate((path) => fetch(path).then((r) => r.status), path);

test("the owner's link leads in, and leaves no token behind", async () => {
  assert.match(cam.url, /^https:.*\?token=\w{20,}$/);
  const page = await visit(cam.url);
  assert.equal(page.url(), base);
  assert.equal(await page.evaluate(() => isSecureContext), true, "browsers lend their camera here");
  assert.equal(await page.evaluate(() => document.cookie), "", "no script sees the token");
  await until("it plays", async () => (await received(page)).frames > 10);
  assert.equal(await status(page, "/api/state"), 200);
});

test("the link to share lets watch, and no more", async () => {
  const link = cam.said().match(/for OBS: (\S+)/)[1];
  assert.ok(!link.includes(new URL(cam.url).searchParams.get("token")));
  const page = await visit(link);
  await until("it plays", async () => (await received(page)).frames > 10);
  assert.equal(await status(page, "/api/state"), 403);
  assert.equal(await page.evaluate(() => fetch("/whip", { method: "POST", headers: { "Content-Type": "application/sdp" } }).then((r) => r.status)), 403);
});

test("without a token there is a door, which the token opens", async () => {
  const page = await visit(base);
  assert.equal(await status(page, "/api/state"), 401);
  assert.deepEqual(await barriers(page), []);
  await page.screenshot({ path: join(out, "door.png") });
  await page.getByLabel("Token").fill(new URL(cam.url).searchParams.get("token"));
  await page.getByRole("button", { name: "Come in" }).click();
  await until("it plays", async () => (await received(page)).frames > 10);
});

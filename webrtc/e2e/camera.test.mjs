// A browser lends its camera and gets it back painted.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "./chromium.mjs";
import { barriers, browser, difference, look, open, out, received, statistics, stylecam, unbroken, until } from "./rig.mjs";

let cam, chromium;
const clip = join(out, "clip.y4m");

before(async () => {
  execFileSync("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10", "-t", "3", "-pix_fmt", "yuv420p", clip]);
  cam = await stylecam("--input", "webrtc", "--size", "320x240", "--quality", "fast", "--style", "great-wave", "--webrtc-address", "127.0.0.1:0");
  chromium = await browser({ camera: clip });
});

after(async () => {
  await chromium?.close();
  await cam?.stop();
});

const visit = () => open(chromium, cam.url, { permissions: ["camera"] });

const publishing = async (page) => (await statistics(page)).camera.publishing;

test("before a camera is lent, a card is shown", async () => {
  const page = await visit();
  await until("the card arrives", async () => (await received(page)).frames > 0);
  assert.equal(await publishing(page), false);
  await page.screenshot({ path: join(out, "card.png") });
  const card = await look(page);

  await page.getByRole("button", { name: "Use this camera" }).click();
  await until("it is lent", () => publishing(page));
  await until("its pictures take the card's place", async () => difference(card, await look(page)) > 20);
  await unbroken(page, 30); // they come back
  await page.screenshot({ path: join(out, "own-camera.png") });
  assert.deepEqual(await barriers(page), []);
  const painted = await look(page);
  await page.keyboard.press("Space");
  await until("unpainted, they are others", async () => difference(painted, await look(page)) > 6);
  await page.keyboard.press("Space");

  const second = await visit();
  await second.getByRole("button", { name: "Use this camera" }).click();
  await second.getByRole("alert").filter({ hasText: "another browser's camera" }).waitFor();
  assert.deepEqual(await barriers(second), [], "refused");
  assert.equal(await second.getByRole("button", { name: "Use this camera" }).getAttribute("aria-pressed"), "false");
  await second.context().close();

  await page.getByRole("button", { name: "Use this camera" }).click();
  await until("it is given back", async () => !(await publishing(page)));
});

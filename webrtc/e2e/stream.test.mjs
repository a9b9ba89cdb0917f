// The stream itself: the test card, unpainted.
import { after, before, test } from "./chromium.mjs";
import { browser, open, received, stylecam, unbroken, until } from "./rig.mjs";

const card = ["--input", "card", "--fps", "10", "--background-mode", "original", "--person-mode", "original", "--out", "webrtc", "--webrtc-address"];
let chromium, cam, page;

before(async () => {
  cam = await stylecam(...card, "127.0.0.1:0");
  chromium = await browser();
  page = await open(chromium, cam.url);
});

after(async () => {
  await chromium?.close();
  await cam?.stop();
});

test("a hundred pictures arrive without a freeze", () => unbroken(page, 100));

test("a server that is killed and started again is found again", async () => {
  const { host } = new URL(cam.url);
  await cam.kill();
  await page.locator("#chip[data-state=lost]").waitFor();
  cam = await stylecam(...card, host.replace("localhost", "127.0.0.1"));
  await page.locator("#chip[data-state=live]").waitFor();
  const before = (await received(page)).frames;
  await until("pictures come again", async () => (await received(page)).frames > before + 20);
  await until("so do statistics", async () => await page.locator("#s-fps").textContent() !== "–");
});

// The page in a real browser: it plays, and everything on it does what it says.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { browser, difference, look, out, received, stylecam, until, watched } from "./rig.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let cam, chromium, page;
const noise = [];

before(async () => {
  cam = await stylecam("--input", "demo", "--fps", process.env.E2E_FPS ?? "15", "--out", "webrtc", "--webrtc-address", "127.0.0.1:0");
  chromium = await browser();
  page = await open({ viewport: { width: 1440, height: 900 } });
});

after(async () => {
  await chromium?.close();
  await cam?.stop();
});

async function open(options, path = "") {
  const page = await (await chromium.newContext(options)).newPage();
  page.on("console", (m) => { if (m.type() === "error") noise.push(m.text()); });
  page.on("pageerror", (e) => noise.push(e.message));
  await page.addInitScript(watched);
  await page.goto(cam.url + path);
  return page;
}

const state = () => page.evaluate(() => fetch("/api/state").then((r) => r.json()));

const patch = (change) => fetch(new URL("api/state", cam.url), { method: "PATCH", headers: { "Content-Type": "application/json" }, body: JSON.stringify(change) });

test("a hundred pictures arrive, and no packet is lost", async () => {
  await until("a hundred pictures are decoded", async () => (await received(page)).frames >= 100, 90);
  assert.equal((await received(page)).lost, 0);
});

test("another style is another picture", async () => {
  const before = await look(page);
  const radios = page.locator("#styles input");
  assert.ok(await radios.count() >= 2, "there are styles");
  const current = (await state()).style;
  const other = await radios.evaluateAll((all, current) => all.findIndex((r) => r.value !== current), current);
  await radios.nth(other).check({ force: true });
  await until("the picture changes", async () => difference(before, await look(page)) > 6);
  assert.notEqual((await state()).style, current);
});

test("a slider sets what it says", async () => {
  await page.locator("#background-1").fill("0.5");
  await until("the setting arrives", async () => (await state()).background[0] === 0.5);
  await page.locator("#background-1").fill("1");
});

test("a picture becomes a style", async () => {
  const file = await page.screenshot({ clip: { x: 0, y: 0, width: 300, height: 300 } });
  await page.locator("#file").setInputFiles({ name: "My Own Picture.png", mimeType: "image/png", buffer: file });
  await until("it is painted with", async () => (await state()).style === "my-own-picture");
  await until("it is marked", () => page.locator("#styles input[value=my-own-picture]").isChecked());
  await page.keyboard.press("n"); // what is being painted with stays
  await until("another is painted with", async () => (await state()).style !== "my-own-picture");
  await page.getByRole("button", { name: "Forget my own picture" }).click();
  await until("it is gone", async () => await page.locator("#styles input[value=my-own-picture]").count() === 0);
});

test("so does one that is dropped, or pasted", async () => {
  const picture = [...await page.screenshot({ clip: { x: 40, y: 40, width: 200, height: 200 } })];
  for (const kind of ["drop", "paste"]) {
    await page.evaluate(({ kind, picture }) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(picture)], `${kind}.png`, { type: "image/png" }));
      dispatchEvent(kind === "drop" ? new DragEvent("drop", { dataTransfer: data }) : new ClipboardEvent("paste", { clipboardData: data }));
    }, { kind, picture });
    await until(`what was ${kind}ed is painted with`, async () => (await state()).style === kind);
  }
  await patch({ style: "starry-night" });
  for (const kind of ["drop", "paste"]) await page.getByRole("button", { name: `Forget ${kind}` }).click();
  await until("both are forgotten", async () => await page.locator(".forget").count() === 0);
});

test("text dropped as a picture is refused, and says why", async () => {
  await page.locator("#file").setInputFiles({ name: "notes.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
  await page.getByRole("alert").filter({ hasText: "no JPEG, PNG, WebP or GIF" }).waitFor();
  const refusals = noise.filter((n) => n.includes("422"));
  assert.equal(refusals.length, 1);
  noise.splice(noise.indexOf(refusals[0]), 1);
});

test("the keys of the window work here", async () => {
  await page.evaluate(() => document.activeElement.blur());
  for (const [key, field, want] of [["m", "view", "mask"], ["m", "view", "painted"], ["o", "view", "side"], [" ", "view", "original"], [" ", "view", "painted"], ["f", "mirror", true], ["f", "mirror", false], ["b", "blank", true], ["b", "blank", false]]) {
    await page.keyboard.press(key === " " ? "Space" : key);
    await until(`${key} sets ${field} to ${want}`, async () => (await state())[field] === want);
  }
});

test("what is changed elsewhere shows here", async () => {
  await patch({ feather: 21 });
  await until("the slider moves", async () => await page.locator("#feather").inputValue() === "21");
  await patch({ feather: 4 });
});

test("no rule of accessibility is broken, and it looks like something", async () => {
  for (const [name, options] of Object.entries({
    "desktop-light": { viewport: { width: 1440, height: 900 }, colorScheme: "light" },
    "desktop-dark": { viewport: { width: 1440, height: 900 }, colorScheme: "dark" },
    "phone-light": { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, colorScheme: "light", hasTouch: true },
    "phone-dark": { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, colorScheme: "dark", hasTouch: true },
  })) {
    const other = await open(options);
    await other.locator(".veil.gone").waitFor({ state: "attached", timeout: 30000 });
    await until("statistics have come", async () => await other.locator("#s-stages li").count() > 2);
    await until("the bitrate is known", async () => Number(await other.locator("#s-rate").textContent()) > 0);
    await until("thumbnails have come", () => other.evaluate(() => [...document.images].every((i) => i.complete)));
    await other.screenshot({ path: join(out, `${name}.png`) });
    await other.screenshot({ path: join(out, `${name}-full.png`), fullPage: true });
    const wide = await other.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${name} is ${wide} pixels too wide`);
    const { violations } = await other.evaluate(`${axe}; axe.run()`);
    assert.deepEqual(violations.map((v) => [v.id, v.nodes.map((n) => n.target.join(" "))]), [], name);
    await other.locator("#help").click();
    const inDialog = await other.evaluate(() => axe.run("#about"));
    assert.deepEqual(inDialog.violations.map((v) => v.id), [], `${name}, keys`);
    await other.context().close();
  }
});

test("the bare view is a picture and nothing else", async () => {
  const view = await open({ viewport: { width: 640, height: 480 } }, "view");
  await until("it plays", async () => (await received(view)).frames > 5);
  assert.equal(await view.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgba(0, 0, 0, 0)");
  await view.screenshot({ path: join(out, "view.png") });
  await patch({ background_mode: "color:#00ff00" }); // for a chroma key
  await until("the corner is green", async () => difference([0, 255, 0], (await look(view)).slice(0, 3)) < 12);
  assert.ok(difference([0, 255, 0], (await look(view)).slice(4 * (6 * 16 + 8)).slice(0, 3)) > 40, "the person is not");
  await view.screenshot({ path: join(out, "key.png") });
  await patch({ background_mode: "paint" });
  await view.context().close();
});

test("a WHEP client of somebody else's plays it", async () => {
  const source = readFileSync(createRequire(import.meta.url).resolve("@binbat/whip-whep/whep.js"), "utf8");
  const context = await chromium.newContext({ bypassCSP: true }); // the page lets no foreign script in
  const free = await context.newPage();
  await free.addInitScript(watched);
  await free.goto(`${cam.url}healthz`);
  await free.evaluate(async (source) => {
    const { WHEPClient } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
    const pc = new RTCPeerConnection();
    pc.addTransceiver("video", { direction: "recvonly" });
    await new WHEPClient().view(pc, new URL("/whep", location).href);
  }, source);
  await until("thirty pictures are decoded", async () => (await received(free)).frames >= 30);
  await context.close();
});

test("the browser had nothing to complain of", () => assert.deepEqual(noise, []));

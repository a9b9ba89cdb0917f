// The page in a real browser: it plays, and everything on it does what it says.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "./chromium.mjs";
import { barriers, browser, difference, look, looks, open, out, received, stylecam, there, unbroken, until } from "./rig.mjs";

let cam, chromium, page;
const noise = [];

before(async () => {
  cam = await stylecam("--input", "demo", "--size", "320x240", "--quality", "fast", "--fps", "10", "--out", "webrtc", "--webrtc-address", "127.0.0.1:0");
  chromium = await browser();
  page = await visit({ viewport: { width: 1440, height: 900 } });
});

after(async () => {
  await chromium?.close();
  await cam?.stop();
});

const listen = (page) => {
  page.on("console", (m) => { if (m.type() === "error") noise.push(m.text()); });
  page.on("pageerror", (e) => noise.push(e.message));
};
const visit = (options, path = "") => open(chromium, cam.url + path, { prepare: listen, ...options });

const state = () => page.evaluate(() => fetch("/api/state").then((r) => r.json()));

const patch = (change) => fetch(new URL("api/state", cam.url), { method: "PATCH", headers: { "Content-Type": "application/json" }, body: JSON.stringify(change) });

test("a hundred pictures arrive painted, without a freeze", () => unbroken(page, 100));

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

test("a person's own style is named, though the styles come after the settings", async () => {
  await patch({ person_style: "scream" });
  const late = await visit({
    prepare: async (page) => {
      listen(page);
      await page.route("**/api/styles", async (route) => {
        await page.waitForFunction(() => document.querySelector("output[for=feather]").value);
        await route.continue();
      });
    },
  });
  await until("it is chosen", async () => await late.locator("#person-style").inputValue() === "scream");
  await late.context().close();
  await patch({ person_style: "" });
});

// Where Tab stops, as a screen reader tells of it: the group, what it is, its name.
const stops = [
  "button Keyboard and links", "button Light or dark", "View: radio Painted",
  "Picture: button Mirror", "Picture: button Picture in picture", "Picture: button Full screen", "Picture: button Blank",
  "Style: radio The Starry Night Vincent van Gogh, 1889", "Style: button Your own picture drop it, paste it, or choose a file",
  "Background: combobox Shown as", "Background: slider Strokes α₁", "Background: slider Shapes α₂",
  "Person: combobox Shown as", "Person: combobox Style", "Person: slider Strokes α₁", "Person: slider Shapes α₂",
  "Finish: slider Soft edge", "Finish: slider Calm mask", "Finish: slider Fine detail", "Finish: combobox Quality",
];

test("Tab reaches everything, shows where it is, and a screen reader knows what that is", async () => {
  const other = await visit({ viewport: { width: 1440, height: 900 } });
  await there(other);
  const devtools = await other.context().newCDPSession(other);
  const focused = async () => {
    const { nodes } = await devtools.send("Accessibility.getFullAXTree");
    const node = nodes.find((n) => n.role.value !== "RootWebArea" && n.properties?.some((p) => p.name === "focused" && p.value.value));
    if (!node) return undefined;
    let group = node;
    do group = nodes.find((n) => n.nodeId === group.parentId);
    while (group && !(["group", "radiogroup", "region"].includes(group.role.value) && group.name.value));
    return `${group ? `${group.name.value}: ` : ""}${node.role.value} ${node.name.value}`;
  };
  const outlined = () => other.evaluate(() => {
    const { activeElement: e } = document;
    return [e, e.nextElementSibling, e.closest("label")].some((e) => e && getComputedStyle(e).outlineStyle === "solid");
  });
  const reached = [];
  for (;;) {
    await other.keyboard.press("Tab");
    const stop = await focused();
    if (!stop || reached.length > stops.length) break; // behind the last one
    reached.push(stop);
    assert.ok(await outlined(), `${stop} shows that it is chosen`);
  }
  assert.deepEqual(reached, stops);
  await other.context().close();
});

test("what Tab has reached is set by arrows, Space and Enter", async () => {
  const press = async (at, key) => { await page.locator(at).focus(); await page.keyboard.press(key); };
  for (const [at, key, field, want] of [
    ["#view input:checked", "ArrowRight", "view", "side"], ["#view input:checked", "ArrowLeft", "view", "painted"],
    ["#mirror", "Space", "mirror", true], ["#mirror", "Enter", "mirror", false],
    ["#feather", "ArrowRight", "feather", 5], ["#feather", "ArrowLeft", "feather", 4],
    ["#person-mode", "ArrowDown", "person_mode", "original"], ["#person-mode", "ArrowUp", "person_mode", "paint"],
  ]) {
    await press(at, key);
    await until(`${key} at ${at} sets ${field} to ${want}`, async () => (await state())[field] === want);
  }
  const chooser = page.waitForEvent("filechooser");
  await press("#file", "Enter");
  await chooser;
});

test("full screen and picture in picture", async () => {
  for (const [button, element, leave] of [["#full", "fullscreenElement", "exitFullscreen"], ["#pip", "pictureInPictureElement", "exitPictureInPicture"]]) {
    await page.locator(button).click();
    await until(`there is a ${element}`, () => page.evaluate((element) => document[element] !== null, element));
    await page.evaluate((leave) => document[leave](), leave);
  }
});

test("no rule of accessibility is broken, and it looks like something", async () => {
  for (const [name, options] of Object.entries(looks)) {
    const other = await visit(options);
    await there(other);
    await other.screenshot({ path: join(out, `${name}.png`) });
    await other.screenshot({ path: join(out, `${name}-full.png`), fullPage: true });
    const wide = await other.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${name} is ${wide} pixels too wide`);
    assert.deepEqual(await barriers(other), [], name);
    await other.locator("#help").click();
    assert.deepEqual(await barriers(other), [], `${name}, keys`);
    await other.context().close();
  }
});

test("the bare view is a picture and nothing else", async () => {
  const view = await visit({ viewport: { width: 640, height: 480 } }, "view");
  await until("it plays", async () => (await received(view)).frames > 5);
  assert.equal(await view.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgba(0, 0, 0, 0)");
  await view.screenshot({ path: join(out, "view.png") });
  await patch({ background_mode: "color:#00ff00" }); // for a chroma key
  await until("the wall is green and the person, who sways, is not", async () => {
    const pixels = await look(view);
    const [wall, chest] = [[15, 0], [5, 10]].map(([x, y]) => difference([0, 255, 0], pixels.slice(4 * (16 * y + x)).slice(0, 3)));
    return wall < 12 && chest > 40;
  });
  await view.screenshot({ path: join(out, "key.png") });
  await patch({ background_mode: "paint" });
  await view.context().close();
});

test("a WHEP client of somebody else's plays it", async () => {
  const source = readFileSync(createRequire(import.meta.url).resolve("@binbat/whip-whep/whep.js"), "utf8");
  const free = await open(chromium, `${cam.url}healthz`, { bypassCSP: true }); // the page lets no foreign script in
  await free.evaluate(async (source) => {
    const { WHEPClient } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
    const pc = new RTCPeerConnection();
    pc.addTransceiver("video", { direction: "recvonly" });
    await new WHEPClient().view(pc, new URL("/whep", location).href);
  }, source);
  await until("thirty pictures are decoded", async () => (await received(free)).frames >= 30);
  await free.context().close();
});

test("the browser had nothing to complain of", () => assert.deepEqual(noise, []));

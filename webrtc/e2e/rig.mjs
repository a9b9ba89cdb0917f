// What the browser tests share: stylecam as a process, Chromium without a screen.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { executable } from "./chromium.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const out = join(root, "out", "e2e"); // where screenshots go
mkdirSync(out, { recursive: true });

// stylecam starts a live run and returns it once it says where its page is.
export async function stylecam(...args) {
  const data = mkdtempSync(join(tmpdir(), "stylecam-e2e-"));
  process.on("exit", () => rmSync(data, { recursive: true, force: true }));
  const child = spawn(join(root, "bin", "stylecam"), ["run", ...args], {
    env: { ...process.env, XDG_DATA_HOME: data, XDG_CONFIG_HOME: data }, stdio: ["ignore", "inherit", "pipe"],
  });
  let said = "";
  const url = await new Promise((done, fail) => {
    child.stderr.on("data", (chunk) => {
      said += chunk;
      const page = said.match(/page: (\S+)/);
      if (page) done(page[1]);
    });
    child.on("exit", (code) => fail(new Error(`stylecam ended with ${code}:\n${said}`)));
    if (!args.includes("webrtc")) done();
  });
  return {
    url,
    said: () => said,
    async kill() {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode; // killed, it has no code
      child.kill("SIGINT");
      const [code] = await once(child, "exit");
      return code;
    },
  };
}

// browser starts Chromium; camera is a y4m or mjpeg file that plays its camera.
export function browser({ camera, args = [] } = {}) {
  return chromium.launch({
    executablePath: executable,
    args: [
      "--no-sandbox", "--autoplay-policy=no-user-gesture-required",
      // Without both it finds no way on a machine that has no network but loopback.
      "--allow-loopback-in-peer-connection", "--disable-features=WebRtcHideLocalIpsWithMdns",
      ...(camera ? ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${camera}`] : []),
      ...args,
    ],
  });
}

// looks are the sizes and colours that the page is looked at in.
export const looks = {
  "desktop-light": { viewport: { width: 1440, height: 900 }, colorScheme: "light" },
  "desktop-dark": { viewport: { width: 1440, height: 900 }, colorScheme: "dark" },
  "laptop-light": { viewport: { width: 1280, height: 720 }, colorScheme: "light" },
  "phone-light": { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, colorScheme: "light", hasTouch: true },
  "phone-dark": { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, colorScheme: "dark", hasTouch: true },
};

// open shows an address in a window of its own, once prepare has had the page.
export async function open(chromium, url, { prepare, ...options } = {}) {
  const context = await chromium.newContext(options);
  context.setDefaultTimeout(120000);
  const page = await context.newPage();
  await page.addInitScript(() => {
    globalThis.peers = []; // see received
    const Original = RTCPeerConnection;
    globalThis.RTCPeerConnection = class extends Original {
      constructor(...a) { super(...a); globalThis.peers.push(this); }
    };
  });
  await prepare?.(page);
  await page.goto(url);
  return page;
}

// received sums up what a page's peer connections received.
export const received = (page) => page.evaluate(async () => {
  let sum = { frames: 0, freezes: 0, dropped: 0, lost: 0, relayed: 0 };
  for (const pc of globalThis.peers) {
    const reports = [...(await pc.getStats()).values()];
    for (const r of reports) {
      if (r.type === "inbound-rtp") sum = { ...sum, frames: sum.frames + r.framesDecoded, freezes: sum.freezes + r.freezeCount, dropped: sum.dropped + r.framesDropped, lost: sum.lost + r.packetsLost };
      if (r.type === "candidate-pair" && r.nominated && reports.find((c) => c.id === r.localCandidateId)?.candidateType === "relay") sum.relayed++;
    }
  }
  return sum;
});

// until waits for what a page or a process brings about; on a busy machine that takes
// its time.
export async function until(what, holds, seconds = 120) {
  const end = Date.now() + 1000 * seconds;
  for (;;) {
    const value = await holds();
    if (value) return value;
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

export const statistics = (page) => page.evaluate(() => fetch("/api/stats").then((r) => r.json()));

// unbroken waits for n pictures in a row that froze at no place, with no packet and
// no picture lost between the encoder and the eye. Browsers call it a freeze when a
// picture comes three times as late as those before it came on average, so it is
// judged by the rate at which they are painted. A machine that is busy otherwise may
// hold up anybody once in a while: then the row begins anew. What holds up or loses
// every hundredth picture by itself never gets to its end. page is the only viewer.
export async function unbroken(page, n) {
  const row = async () => {
    const { frames, ...flaws } = await received(page);
    return { frames, flaws: JSON.stringify(flaws), behind: (await statistics(page)).stream.frames - frames };
  };
  let first = await row();
  await until(`${n} pictures come without a flaw`, async () => {
    const now = await row();
    if (now.flaws !== first.flaws) first = now;
    else first.behind = Math.min(first.behind, now.behind); // some are on their way
    return now.frames >= first.frames + n && now.behind <= first.behind;
  }, 300);
}

// there waits until a page shows all that it has to show.
export async function there(page) {
  await until("statistics have come", async () => await page.locator("#s-stages li").count() > 2);
  await until("the bitrate is known", async () => Number(await page.locator("#s-rate").textContent()) > 0);
  await until("thumbnails have come", () => page.evaluate(() => [...document.images].every((i) => i.complete)));
  await until("the picture is there, and nothing before it", () => page.evaluate(() =>
    document.getElementById("video").readyState >= 2 && getComputedStyle(document.getElementById("veil")).visibility === "hidden"));
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// barriers are the rules of accessibility that a page breaks, and where.
export async function barriers(page) {
  const { violations, passes } = await page.evaluate(`${axe}; axe.run()`);
  if (!passes.length) throw new Error("no rule was looked at");
  return violations.map((v) => [v.id, v.nodes.map((n) => n.target.join(" "))]);
}

// look shrinks the page's video to 16x12 pixels.
export const look = (page) => page.evaluate(() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 16, height: 12 });
  const ctx = canvas.getContext("2d");
  ctx.drawImage(document.querySelector("video"), 0, 0, 16, 12);
  return [...ctx.getImageData(0, 0, 16, 12).data];
});

export const difference = (a, b) => a.reduce((sum, v, i) => sum + Math.abs(v - b[i]), 0) / a.length;

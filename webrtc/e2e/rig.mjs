// What the browser tests share: stylecam as a process, Chromium without a screen.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const out = process.env.E2E_OUT ?? join(root, "out", "e2e"); // where screenshots go
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

const installed = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));

// browser starts Chromium; camera is a y4m or mjpeg file that plays its camera.
export function browser({ camera, args = [] } = {}) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? installed,
    args: [
      "--no-sandbox", "--autoplay-policy=no-user-gesture-required",
      // Without both it finds no way on a machine that has no network but loopback.
      "--allow-loopback-in-peer-connection", "--disable-features=WebRtcHideLocalIpsWithMdns",
      ...(camera ? ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${camera}`] : []),
      ...args,
    ],
  });
}

// received sums up what a page's peer connections received; watched() has to have
// run before the page was opened.
export const watched = () => {
  globalThis.peers = [];
  const Original = RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Original {
    constructor(...a) { super(...a); globalThis.peers.push(this); }
  };
};

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

// until waits for what a page or a process brings about.
export async function until(what, holds, seconds = 40) {
  const end = Date.now() + 1000 * seconds;
  for (;;) {
    const value = await holds();
    if (value) return value;
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

// look shrinks the page's video to 16x12 pixels.
export const look = (page) => page.evaluate(() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 16, height: 12 });
  const ctx = canvas.getContext("2d");
  ctx.drawImage(document.querySelector("video"), 0, 0, 16, 12);
  return [...ctx.getImageData(0, 0, 16, 12).data];
});

export const difference = (a, b) => a.reduce((sum, v, i) => sum + Math.abs(v - b[i]), 0) / a.length;
